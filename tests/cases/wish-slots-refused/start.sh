qemu-system-x86_64 -name guest -machine q35,nvdimm=on -cpu max -m 1G,slots=2,maxmem=4G \
	-object memory-backend-file,id=m1,share=on,mem-path=/d/1.img,size=130M \
	-device nvdimm,memdev=m1,id=n1,label-size=2M,slot=1 \
	-object memory-backend-file,id=m2,share=on,mem-path=/d/2.img,size=130M \
	-device '{"driver":"nvdimm","memdev":"m2","id":"n2","label-size":2097152,"slot":1}' \
	-object memory-backend-file,id=m3,share=on,mem-path=/d/3.img,size=130M \
	-device nvdimm,memdev=m3,id=n3,label-size=2M,slot=3
