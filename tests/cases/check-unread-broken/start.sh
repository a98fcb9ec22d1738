qemu-system-x86_64 -cpu max -device '{"driver":"nvdimm",' -m
