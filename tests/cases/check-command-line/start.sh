#!/bin/sh
cd /var/lib/lend/demo
exec qemu-system-x86_64 -name guide -machine q35,nvdimm=on -cpu max -m 1G,slots=2,maxmem=2G \
	-object memory-backend-file,id=mem1,share=on,mem-path=/var/lib/lend/demo/spare.img,size=128M \
	-device nvdimm,memdev=mem1,id=nv1,label-size=64K \
	-object memory-backend-file,id=mem2,share=on,mem-path=/var/lib/lend/demo/none.img,size=1G \
	-device nvdimm,memdev=mem2,id=nv2
