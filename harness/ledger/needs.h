// How many kernel objects the tree of an image consists of.
#pragma once

#include "harness/ledger/classes.h"
#include "image/image.h"

namespace rb {

/// Objects of each class that a restart of the image cannot do without, by the rules
/// of clone(2) for those that the image has no record of: a task_struct and a pid for
/// each task, a signal_struct and a cred for each thread group, the array of a
/// descriptor table with a number of 64 or more, a struct file for each thing that is
/// mapped or executed, a pid for each session or group whose leader is gone. Pure.
///
/// @param vdso_vmas  VMAs that the kernel makes of a vDSO with its data: vdso_vmas()
[[nodiscard]] PerClass needed_objects(const Image& image, unsigned vdso_vmas);

/// Those of this process: 2 in Linux 6.1, 3 since 6.13.
[[nodiscard]] unsigned vdso_vmas();

}  // namespace rb
