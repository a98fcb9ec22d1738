qemu-system-x86_64 -name g -machine q35,nvdimm=on -cpu max -m 1G,slots=4,maxmem=4G \
	-object memory-backend-file,id=m1,share=on,mem-path=/var/lib/lend/demo/spare.img,size=128M \
	-device nvdimm,memdev=m1,id=n1,slot=1 -device nvdimm,memdev=m1,id=n2,slot=1 \
	-device nvdimm,memdev=m9,id=n2
