qemu-system-x86_64 -name open -M q35 -cpu max -m 512 \
  -vnc :0 -monitor tcp::4444,server,nowait -s \
  -nic user,hostfwd=tcp::2222-:22,hostfwd=tcp:127.0.0.1:8080-:80
