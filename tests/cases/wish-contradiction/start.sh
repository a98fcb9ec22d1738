qemu-system-x86_64 -name twice -machine q35,nvdimm=on -m 1G,slots=2,maxmem=4G \
  -object memory-backend-file,id=a,mem-path=/nv,size=128M,share=on -device nvdimm,id=n0,memdev=a \
  -object memory-backend-file,id=b,mem-path=/nv,size=128M,share=on -device nvdimm,id=n1,memdev=b
