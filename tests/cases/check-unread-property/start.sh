qemu-system-x86_64 -name g -machine q35,nvdimm=on -cpu max -m 1G,slots=4,maxmem=4G \
	-object memory-backend-file,id=m1,share=on,mem-pth=/d/1.img,size=128M,host-nodes=0,policy=bind \
	-device nvdimm,memdev=m1,id=n1,lable-size=2M
