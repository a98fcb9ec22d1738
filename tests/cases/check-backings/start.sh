qemu-system-x86_64 -name twice -M q35,nvdimm=on -cpu max -m 512M,slots=4,maxmem=4G \
  -object memory-backend-file,id=a,mem-path=/var/lib/lend/demo/spare.img,size=128M,share=on \
  -device nvdimm,memdev=a,id=one \
  -object memory-backend-file,id=b,mem-path=/var/lib/lend/demo/spare.img,size=128M,share=on \
  -device nvdimm,memdev=b,id=two
