qemu-system-x86_64 -machine pc,nvdimm -m 4G,slots=4,maxmem=32G \
    -object memory-backend-file,id=mem1,share,mem-path=/srv/pmem/one.img,size=4G \
    -device nvdimm,id=nv1,memdev=mem1,label-size=2M \
    -object memory-backend-file,id=mem2,share,readonly,mem-path=/srv/pmem/two.img,size=4G \
    -device nvdimm,id=nv2,memdev=mem2,label-size=2M,unarmed
