qemu-system-aarch64 -machine virt,nvdimm=on -m 1G,slots=4,maxmem=4G -object memory-backend-file,id=m1,share=on,mem-path=/var/lib/lend/demo/spare.img,size=128M -device nvdimm,memdev=m1,id=n1
