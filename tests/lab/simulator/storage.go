// SPDX-License-Identifier: LGPL-2.1-or-later

package main

import (
	"github.com/vmware/govmomi/vim25/types"
)

// The folder of the datastore that all hosts have, which they call by another name.
const volume = "5f1e8b2a-1f0c2d3e-4a5b-0cc47a000001"

func scsi(key, name string) types.ScsiLun {
	lun := types.ScsiLun{Key: key, CanonicalName: name, DisplayName: "Local Disk (" + name + ")",
		LunType: "disk", Vendor: "ATA     ", Model: "Simulated SSD   ", OperationalState: []string{"ok"}}
	lun.DeviceName = "/vmfs/devices/disks/" + name
	lun.DeviceType = "disk"
	lun.Uuid = "01" + key
	return lun
}

func disk(key, name string, local bool) *types.HostScsiDisk {
	return &types.HostScsiDisk{ScsiLun: scsi(key, name), LocalDisk: &local,
		Capacity: types.HostDiskDimensionsLba{BlockSize: 512, Block: 468862128}}
}

func paths(lun string, adapters ...string) types.HostMultipathInfoLogicalUnit {
	unit := types.HostMultipathInfoLogicalUnit{Key: "unit-" + lun, Id: "id-" + lun, Lun: lun,
		Policy: &types.HostMultipathInfoLogicalUnitPolicy{Policy: "VMW_PSP_FIXED"}}
	for i, adapter := range adapters {
		state := "active"
		if i > 0 {
			state = "dead"
		}
		unit.Path = append(unit.Path, types.HostMultipathInfoPath{Key: "path-" + adapter + lun,
			Name: adapter + ":C0:T0:L0", PathState: state, State: state, Adapter: "hba-" + adapter, Lun: "unit-" + lun})
	}
	return unit
}

func mounted(path string, volume types.BaseHostFileSystemVolume) types.HostFileSystemMountInfo {
	yes := true
	return types.HostFileSystemMountInfo{Volume: volume, VStorageSupport: "vStorageUnsupported",
		MountInfo: types.HostMountInfo{Path: path, AccessMode: "readWrite", Mounted: &yes, Accessible: &yes}}
}

// A disk on the AHCI controller with the datastore of the VMs, one over iSCSI
// whose path by that controller is dead, and a volume over NFS.
func fillStorage(config *types.HostConfigInfo) {
	hba := func(name, driver, pci string) types.HostHostBusAdapter {
		return types.HostHostBusAdapter{Key: "hba-" + name, Device: name, Status: "unknown", Model: "simulated",
			Driver: driver, Pci: pci}
	}
	optical := scsi("key-cd", "mpx.vmhba0:C0:T5:L0")
	optical.LunType = "cdrom"
	config.StorageDevice = &types.HostStorageDeviceInfo{
		HostBusAdapter: []types.BaseHostHostBusAdapter{
			&types.HostBlockHba{HostHostBusAdapter: hba("vmhba0", "vmw_ahci", "0000:00:1f.2")},
			&types.HostInternetScsiHba{HostHostBusAdapter: hba("vmhba64", "iscsi_vmk", "")},
		},
		ScsiLun: []types.BaseScsiLun{
			&optical,
			disk("key-local", "t10.ATA_____Simulated_SSD_0001", true),
			disk("key-far", "naa.6001405000000001", false),
		},
		ScsiTopology: &types.HostScsiTopology{Adapter: []types.HostScsiTopologyInterface{
			{Key: "topology-0", Adapter: "hba-vmhba0", Target: []types.HostScsiTopologyTarget{
				{Key: "target-0", Lun: []types.HostScsiTopologyLun{{Key: "lun-0", ScsiLun: "key-local"}}}}},
			{Key: "topology-64", Adapter: "hba-vmhba64", Target: []types.HostScsiTopologyTarget{
				{Key: "target-64", Lun: []types.HostScsiTopologyLun{{Key: "lun-64", ScsiLun: "key-far"}}}}},
		}},
		MultipathInfo: &types.HostMultipathInfo{Lun: []types.HostMultipathInfoLogicalUnit{
			paths("key-local", "vmhba0"),
			paths("key-far", "vmhba64", "vmhba0"),
		}},
	}
	local := &types.HostVmfsVolume{BlockSizeMb: 1, MajorVersion: 6, Version: "6.82", Uuid: volume,
		Extent: []types.HostScsiDiskPartition{{DiskName: "t10.ATA_____Simulated_SSD_0001", Partition: 8}}}
	local.Type, local.Name, local.Capacity = "VMFS", "datastore1", 232070840320
	far := &types.HostVmfsVolume{BlockSizeMb: 1, MajorVersion: 5, Version: "5.61", Uuid: "5f1e8b2a-00000000-0000-0cc47a000002",
		Extent: []types.HostScsiDiskPartition{{DiskName: "naa.6001405000000001", Partition: 1}}}
	far.Type, far.Name, far.Capacity = "VMFS", "iscsi1", 232070840320
	nas := &types.HostNasVolume{RemoteHost: "filer.example.com", RemotePath: "/export", UserName: ""}
	nas.Type, nas.Name, nas.Capacity = "NFS", "nfs1", 1<<40
	config.FileSystemVolume = &types.HostFileSystemVolumeInfo{MountInfo: []types.HostFileSystemMountInfo{
		mounted("/vmfs/volumes/"+volume, local),
		mounted("/vmfs/volumes/5f1e8b2a-00000000-0000-0cc47a000002", far),
		mounted("/vmfs/volumes/31b1a8a4-7cf4d2f1", nas),
	}}
	config.ActiveDiagnosticPartition = &types.HostDiagnosticPartition{StorageType: "directAttached",
		DiagnosticType: "singleHost", Slots: 1, Id: types.HostScsiDiskPartition{
			DiskName: "t10.ATA_____Simulated_SSD_0001", Partition: 7}}
}
