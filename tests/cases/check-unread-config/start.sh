qemu-system-x86_64 -m $MEM,slots=$N,maxmem=8G -readconfig f
