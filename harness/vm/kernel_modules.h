// The loadable modules of a guest's kernel.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "harness/vm/kernels.h"

namespace rb::vm {

/// What a file system of the host's takes.
inline constexpr std::string_view kFileSystemModules[] = {"virtio_pci", "virtiofs"};
/// What criu looks for before it begins, and fails without: sockets as sock_diag(7) shows them,
/// nftables, and devices of network namespaces. Elsewhere the kernel loads them when asked for.
inline constexpr std::string_view kCriuModules[] = {"unix_diag", "tcp_diag",     "udp_diag",
                                                    "raw_diag",  "netlink_diag", "af_packet_diag",
                                                    "nf_tables", "tun",          "veth"};

/// What the .modinfo section of a module says it depends on, by name.
[[nodiscard]] std::vector<std::string> dependencies_of(std::string_view module_file);

/// Files of the modules of these names and of all that they depend on, in an order in which they
/// can be loaded. What is built into the kernel has none. Errors: kLacking, where one is missing.
[[nodiscard]] Result<std::vector<std::string>> module_files(const Kernel& kernel,
                                                            const std::vector<std::string>& names);

}  // namespace rb::vm
