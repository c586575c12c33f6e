# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# What speaks against making an image of a Windows server, seen from within: prints
# {"findings": [{"check", "what", "advice", "fixed", "line"}]}. -Fix and -Skip: checks, separated by commas; -Pretend mends nothing.
# Source: IMS API reference, "Creating a Full-ECS Image" (constraints). Needs Windows Server 2012 or newer.
param([string]$Fix = '', [string]$Skip = '', [switch]$Pretend)

$ErrorActionPreference = 'Stop'
$findings = New-Object System.Collections.ArrayList

function Add-Finding([string]$Check, [string]$What, [string]$Advice, [bool]$Fixed) {
    if ($Pretend) { $mended = 'would be mended' } else { $mended = 'mended' }
    if ($Fixed) { $line = "${Check}: $mended. $What" } else { $line = "${Check}: $What $Advice" }
    $finding = @{ check = $Check; what = $What; advice = $Advice; fixed = $Fixed; line = $line }
    [void]$findings.Add($finding)
}

if (($Skip -split ',') -notcontains 'san_policy') {
    # What diskpart calls the SAN policy, without its words, which differ between languages.
    $policy = [string](Get-StorageSetting).NewDiskPolicy
    if ($policy -ne 'OnlineAll') {
        $mend = ($Fix -split ',') -contains 'san_policy'
        if ($mend -and -not $Pretend) { Set-StorageSetting -NewDiskPolicy OnlineAll }
        Add-Finding 'san_policy' "The SAN policy is $policy; data disks of servers made from the image may stay offline." `
            'Set it to OnlineAll (diskpart, san policy=onlineall).' $mend
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
