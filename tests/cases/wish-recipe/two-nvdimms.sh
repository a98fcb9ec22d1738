# Two NVDIMMs of 4 GiB, ssh at port 2222, a VNC console
$ sudo qemu-img create -f raw /srv/vm/web.raw 20G
$ sudo qemu-system-x86_64 -m 4G,slots=4,maxmem=32G -smp 4 \
  -machine pc,accel=kvm,nvdimm=on -enable-kvm \
  -drive file=/srv/vm/web.raw,format=raw,index=0,media=disk \
  -vnc :0 -net nic -net user,hostfwd=tcp::2222-:22 \
  -object memory-backend-file,id=mem1,share,mem-path=/srv/vm/web-nv0,size=4G \
  -device nvdimm,memdev=mem1,id=nv1,label-size=2M \
  -object memory-backend-file,id=mem2,share,mem-path=/srv/vm/web-nv1,size=4G \
  -device nvdimm,memdev=mem2,id=nv2,label-size=2M
