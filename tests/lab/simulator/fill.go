// SPDX-License-Identifier: LGPL-2.1-or-later

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"sort"

	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/methods"
	"github.com/vmware/govmomi/vim25/mo"
	"github.com/vmware/govmomi/vim25/soap"
	"github.com/vmware/govmomi/vim25/types"
)

// passthruSystem is what govmomi's simulator refers to and does not have.
type passthruSystem struct {
	mo.HostPciPassthruSystem
	host *simulator.HostSystem
}

func (p *passthruSystem) Refresh(*types.Refresh) soap.HasFault {
	return &methods.RefreshBody{Res: new(types.RefreshResponse)}
}

func (p *passthruSystem) UpdatePassthruConfig(r *types.UpdatePassthruConfig) soap.HasFault {
	for _, config := range r.Config {
		want := config.GetHostPciPassthruConfig()
		for _, info := range p.host.Config.PciPassthruInfo {
			if have := info.GetHostPciPassthruInfo(); have.Id == want.Id {
				have.PassthruEnabled = want.PassthruEnabled
			}
		}
	}
	p.PciPassthruInfo = p.host.Config.PciPassthruInfo
	return &methods.UpdatePassthruConfigBody{Res: new(types.UpdatePassthruConfigResponse)}
}

type function struct {
	id                       string
	bus, slot, fn            byte
	class                    uint16
	vendor, device, sub, dev uint16
	vendorName, name, bridge string
	// Of passthrough: capable, enabled, active.
	state string
	with  string
}

var functions = []function{
	{"0000:00:1f.2", 0, 0x1f, 2, 0x0106, 0x8086, 0x8d02, 0x15d9, 0x0832, "Intel Corporation", "Wellsburg AHCI Controller", "", "c", "0000:00:1f.2"},
	{"0000:02:00.0", 2, 0, 0, 0x0200, 0x8086, 0x1521, 0x15d9, 0x1521, "Intel Corporation", "I350 Gigabit Network Connection", "0000:00:02.0", "c", "0000:02:00.0"},
	{"0000:00:02.0", 0, 2, 0, 0x0604, 0x8086, 0x6f04, 0, 0, "Intel Corporation", "PCI Express Root Port", "", "", "0000:00:02.0"},
	{"0000:03:00.0", 3, 0, 0, 0x0300, 0x10de, 0x1b38, 0x10de, 0x11d9, "NVIDIA Corporation", "Tesla P40", "0000:00:03.0", "cea", "0000:03:00.0"},
	{"0000:03:00.1", 3, 0, 1, 0x0403, 0x10de, 0x10f0, 0x10de, 0x11d9, "NVIDIA Corporation", "GP104 High Definition Audio Controller", "0000:00:03.0", "c", "0000:03:00.0"},
	{"0000:62:00.5", 0x62, 0, 5, 0x0104, 0x8086, 0x28c0, 0x8086, 0, "Intel Corporation", "Volume Management Device NVMe RAID Controller", "", "ce", "0000:62:00.5"},
}

func more(n int) []function {
	all := append([]function(nil), functions...)
	for i := 0; i < n; i++ {
		bus := byte(0x80 + i/256)
		slot := byte(i / 8 % 32)
		fn := byte(i % 8)
		id := fmt.Sprintf("0000:%02x:%02x.%d", bus, slot, fn)
		all = append(all, function{id, bus, slot, fn, 0x0880, 0x8086, 0x2021, 0x8086, 0,
			"Intel Corporation", "Sky Lake-E CBDMA Registers", "", "", id})
	}
	return all
}

func has(state string, what rune) bool {
	for _, c := range state {
		if c == what {
			return true
		}
	}
	return false
}

func fillHost(h *simulator.HostSystem) {
	hardware := types.HostHardwareInfo{}
	if h.Hardware != nil {
		hardware = *h.Hardware
	}
	config := types.HostConfigInfo{}
	if h.Config != nil {
		config = *h.Config
	}
	hardware.PciDevice = nil
	config.PciPassthruInfo = nil
	for _, f := range more(*pci) {
		hardware.PciDevice = append(hardware.PciDevice, types.HostPciDevice{
			Id: f.id, ClassId: int16(f.class), Bus: f.bus, Slot: f.slot, Function: f.fn,
			VendorId: int16(f.vendor), DeviceId: int16(f.device), SubVendorId: int16(f.sub),
			SubDeviceId: int16(f.dev), VendorName: f.vendorName, DeviceName: f.name,
			ParentBridge: f.bridge,
		})
		config.PciPassthruInfo = append(config.PciPassthruInfo, &types.HostPciPassthruInfo{
			Id: f.id, DependentDevice: f.with, PassthruCapable: has(f.state, 'c'),
			PassthruEnabled: has(f.state, 'e'), PassthruActive: has(f.state, 'a'),
		})
	}
	fillStorage(&config)
	config.Network = &types.HostNetworkInfo{Pnic: []types.PhysicalNic{
		{Key: "key-vim.host.PhysicalNic-vmnic0", Device: "vmnic0", Pci: "0000:02:00.0",
			Driver: "igbn", Mac: "0c:c4:7a:00:00:01"},
	}}
	ref := types.ManagedObjectReference{Type: "HostPciPassthruSystem",
		Value: "pciPassthruSystem-" + h.Self.Value}
	system := &passthruSystem{host: h}
	system.Self = ref
	system.PciPassthruInfo = config.PciPassthruInfo
	simulator.Map.Put(system)
	h.ConfigManager.PciPassthruSystem = &ref
	h.Hardware = &hardware
	h.Config = &config
}

func nvdimm(vm *simulator.VirtualMachine, ds *simulator.Datastore, unit int32) (types.BaseVirtualDevice, error) {
	file := fmt.Sprintf("%s/%s_nv%d.vmdk", vm.Name, vm.Name, unit)
	path := filepath.Join(ds.Info.GetDatastoreInfo().Url, file)
	if err := os.MkdirAll(filepath.Dir(path), 0700); err != nil {
		return nil, err
	}
	if err := os.WriteFile(path, nil, 0600); err != nil {
		return nil, err
	}
	at := unit
	return &types.VirtualNVDIMM{
		VirtualDevice: types.VirtualDevice{
			Key: 27000 + unit, ControllerKey: 26000, UnitNumber: &at,
			DeviceInfo: &types.Description{Label: fmt.Sprintf("NVDIMM %d", unit+1), Summary: "1,024 MB"},
			Backing: &types.VirtualNVDIMMBackingInfo{
				VirtualDeviceFileBackingInfo: types.VirtualDeviceFileBackingInfo{
					FileName: fmt.Sprintf("[%s] %s", ds.Name, file), Datastore: &ds.Self,
				},
			},
		},
		CapacityInMB: 1024,
	}, nil
}

func fillVM(vm *simulator.VirtualMachine, ds *simulator.Datastore, n int) error {
	devices := append(vm.Config.Hardware.Device, &types.VirtualNVDIMMController{
		VirtualController: types.VirtualController{
			VirtualDevice: types.VirtualDevice{Key: 26000}, BusNumber: 0,
		},
	})
	for unit := int32(0); unit < 2; unit++ {
		device, err := nvdimm(vm, ds, unit)
		if err != nil {
			return err
		}
		devices = append(devices, device)
	}
	if n == 0 {
		devices = append(devices, &types.VirtualPCIPassthrough{
			VirtualDevice: types.VirtualDevice{Key: 13000, ControllerKey: 100,
				DeviceInfo: &types.Description{Label: "PCI device 0"},
				Backing: &types.VirtualPCIPassthroughDeviceBackingInfo{
					VirtualDeviceDeviceBackingInfo: types.VirtualDeviceDeviceBackingInfo{DeviceName: "Tesla P40"},
					Id:                             "0000:03:00.0", DeviceId: "1b38", SystemId: "56d8a5c1", VendorId: 0x10de,
				}},
		})
	}
	yes := true
	vm.Config.MemoryReservationLockedToMax = &yes
	vm.Config.Hardware.Device = devices
	return nil
}

func fill(m *simulator.Model) error {
	var ds *simulator.Datastore
	var machines []*simulator.VirtualMachine
	for _, entity := range simulator.Map.All("HostSystem") {
		fillHost(simulator.Map.Get(entity.Reference()).(*simulator.HostSystem))
	}
	for _, entity := range simulator.Map.All("Datastore") {
		ds = simulator.Map.Get(entity.Reference()).(*simulator.Datastore)
	}
	ds.Summary.Url = "ds:///vmfs/volumes/" + volume + "/"
	for _, entity := range simulator.Map.All("VirtualMachine") {
		machines = append(machines, simulator.Map.Get(entity.Reference()).(*simulator.VirtualMachine))
	}
	sort.Slice(machines, func(i, j int) bool { return machines[i].Name < machines[j].Name })
	seen := map[string]bool{}
	for _, vm := range machines {
		host := vm.Runtime.Host.Value
		first := 1
		if !seen[host] {
			first = 0
		}
		seen[host] = true
		if err := fillVM(vm, ds, first); err != nil {
			return err
		}
	}
	putPages(m)
	return nil
}
