qemu-system-x86_64 -name rest -machine q35,nvdimm=on,acpi=on,smm=off -m 1G,slots=6,maxmem=8G -smp 8,sockets=2 -accel tcg,tb-size=512 -cpu qemu64 -cpu max \
  -object memory-backend-file,id=a,mem-path=/nv0,size=128M,offset=1M -device nvdimm,id=n0,memdev=a \
  -object memory-backend-ram,id=r,size=128M -device pc-dimm,memdev=r \
  -object memory-backend-file,id=b,mem-path=/nv1,size=128M,readonly=on,merge=off,prealloc=on,discard-data=on -device nvdimm,memdev=b,unarmed=on,uuid=1b9d6bcd-bbfd-4b2d-9b5d-ab8dfbbd4bed,addr=0x180000000 \
  -object memory-backend-file,id=c,mem-path=/nv2,size=1000001 -device nvdimm,id=n2,memdev=c \
  -object memory-backend-ram,id=d,size=128M -device nvdimm,id=n3,memdev=d \
  -numa node,nodeid=0,cpus=0-3,mem=512 -numa node,nodeid=1,cpus=4-7,mem=512 -numa dist,src=0,dst=1,val=20 \
  -nic tap,ifname=tap3,script=no,downscript=no,model=virtio-net-pci -nic user,model=e1000 \
  -serial mon:stdio -serial /dev/ttyS0 -parallel none -nographic -incoming defer -set device.n0.label-size=2M -readconfig /etc/more.cfg \
  -vnc none -bios bios.bin -device vfio-pci,host=62:00.5,romfile=/rom -s
