# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Checks a Windows server for problems that would break servers created from its image. Prints
# {"findings": [{"check", "problem", "remedy", "fixed", "line"}]}. -Fix and -Skip: checks, separated by commas; -Pretend fixes nothing.
# Source: IMS API reference, "Creating a Full-ECS Image" (constraints). Requires Windows Server 2012 or newer.
param([string]$Fix = '', [string]$Skip = '', [switch]$Pretend)

$ErrorActionPreference = 'Stop'
$findings = New-Object System.Collections.ArrayList

function Add-Finding([string]$Check, [string]$Problem, [string]$Remedy, [bool]$Fixed) {
    if ($Pretend) { $outcome = 'would be fixed' } else { $outcome = 'fixed' }
    if ($Fixed) { $line = "${Check}: $outcome. $Problem" } else { $line = "${Check}: $Problem $Remedy" }
    $finding = @{ check = $Check; problem = $Problem; remedy = $Remedy; fixed = $Fixed; line = $line }
    [void]$findings.Add($finding)
}

if (($Skip -split ',') -notcontains 'san_policy') {
    # The SAN policy of diskpart, whose output depends on the language of the system.
    $policy = [string](Get-StorageSetting).NewDiskPolicy
    if ($policy -ne 'OnlineAll') {
        $asked = ($Fix -split ',') -contains 'san_policy'
        if ($asked -and -not $Pretend) { Set-StorageSetting -NewDiskPolicy OnlineAll }
        Add-Finding 'san_policy' "The SAN policy is $policy; data disks of servers created from the image may stay offline." `
            'Set it to OnlineAll (diskpart, san policy=onlineall).' $asked
    }
}

if (($Skip -split ',') -notcontains 'spanned_volumes') {
    # Only dynamic disks can have volumes that span disks: partitions of the Logical Disk Manager, by their MBR and GPT types.
    $ldm = '{5808c8aa-7e8f-42e0-85d2-e1e90434cfb3}', '{af9b60a0-1431-4f62-bc68-3311714a69ad}'
    $partitions = Get-Partition | Where-Object { $_.MbrType -eq 0x42 -or $ldm -contains [string]$_.GptType }
    $dynamic = @($partitions | Select-Object -ExpandProperty DiskNumber -Unique | Sort-Object)
    if ($dynamic.Count -gt 1) {
        Add-Finding 'spanned_volumes' "Disks $($dynamic -join ', ') are dynamic; servers created from a whole image may lose the data of volumes that span them." `
            'Do not use volumes that span several disks (diskpart, list volume).' $false
    }
}

@{ findings = @($findings) } | ConvertTo-Json -Depth 4 -Compress
