qemu-system-x86_64 -name install -machine pc,nvdimm,nvdimm-persistence=cpu -m 2048,slots=2,maxmem=8G \
  -object memory-backend-file,id=mem1,share,mem-path=/dev/dax0.0,size=4G,align=2M,pmem=on -device nvdimm,id=nv1,memdev=mem1 \
  -hda /srv/vm/install.qcow2 --drive media=cdrom,file=/srv/iso/dvd.iso,readonly \
  -drive media=cdrom,file=,readonly -boot d -monitor stdio \
  -qmp unix:./qmp-sock,server -chardev socket,id=con,path=/run/con,server,nowait -device isa-serial,chardev=con
