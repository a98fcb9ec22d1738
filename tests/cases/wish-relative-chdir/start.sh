exec qemu-system-x86_64 -name rel -hda ./disk.qcow2 -hdb b.img -machine q35,nvdimm=on -m 1G,slots=2,maxmem=4G \
  -object memory-backend-file,id=m,mem-path=nv.img,size=130M,share=on -device nvdimm,memdev=m,label-size=2M -kernel vmlinuz -initrd ../initrd -append 'a b'
