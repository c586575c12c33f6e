# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Problems of a Windows server that would break servers created from its image, seen from within: prints
# {"findings": [{"check", "what", "advice", "fixed", "line"}]}. -Fix and -Skip: checks, separated by commas; -Pretend fixes nothing.
# Source: IMS API reference, "Creating a Full-ECS Image" (constraints). Needs Windows Server 2012 or newer.
param([string]$Fix = '', [string]$Skip = '', [switch]$Pretend)

$ErrorActionPreference = 'Stop'
$findings = New-Object System.Collections.ArrayList

function Add-Finding([string]$Check, [string]$What, [string]$Advice, [bool]$Fixed) {
    if ($Pretend) { $outcome = 'would be fixed' } else { $outcome = 'fixed' }
    if ($Fixed) { $line = "${Check}: $outcome. $What" } else { $line = "${Check}: $What $Advice" }
    $finding = @{ check = $Check; what = $What; advice = $Advice; fixed = $Fixed; line = $line }
    [void]$findings.Add($finding)
}

if (($Skip -split ',') -notcontains 'san_policy') {
    # What diskpart calls the SAN policy, without its words, which differ between languages.
    $policy = [string](Get-StorageSetting).NewDiskPolicy
    if ($policy -ne 'OnlineAll') {
        $asked = ($Fix -split ',') -contains 'san_policy'
        if ($asked -and -not $Pretend) { Set-StorageSetting -NewDiskPolicy OnlineAll }
        Add-Finding 'san_policy' "The SAN policy is $policy; data disks of servers made from the image may stay offline." `
            'Set it to OnlineAll (diskpart, san policy=onlineall).' $asked
    }
}

if (($Skip -split ',') -notcontains 'spanned_volumes') {
    # Volumes can span disks that are dynamic only: partitions of the Logical Disk Manager, by the types of MBR and GPT.
    $ldm = '{5808c8aa-7e8f-42e0-85d2-e1e90434cfb3}', '{af9b60a0-1431-4f62-bc68-3311714a69ad}'
    $partitions = Get-Partition | Where-Object { $_.MbrType -eq 0x42 -or $ldm -contains [string]$_.GptType }
    $dynamic = @($partitions | Select-Object -ExpandProperty DiskNumber -Unique | Sort-Object)
    if ($dynamic.Count -gt 1) {
        Add-Finding 'spanned_volumes' "Disks $($dynamic -join ', ') are dynamic; servers made from a whole image may lose the data of volumes that span them." `
            'Have no volume on several disks (diskpart, list volume).' $false
    }
}

@{ findings = @($findings) } | ConvertTo-Json -Depth 4 -Compress
