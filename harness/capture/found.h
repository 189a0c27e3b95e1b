// What a capture finds in a frozen tree, before it becomes an image.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "harness/capture/found_files.h"
#include "harness/capture/found_tasks.h"
#include "image/format.h"

namespace rb::capture {

struct FoundFs {
  std::string cwd;
  std::string root;
  std::uint32_t umask = 0;
};

struct FoundTree {
  std::vector<FoundProcess> processes;  ///< parents first
  std::vector<FoundTask> tasks;         ///< process by process
  std::vector<FoundZombie> zombies;
  std::vector<FoundCredentials> credentials;
  std::vector<FoundMm> mms;
  std::vector<FoundFile> kept_files;
  std::vector<std::vector<FoundFd>> files;
  std::vector<FoundDescription> descriptions;
  std::vector<FoundPipe> pipes;
  std::vector<FoundPty> ptys;
  std::vector<FoundSocket> sockets;
  std::vector<rbi_event> events;
  std::vector<rbi_epoll_item> epoll_items;
  std::vector<FoundWatch> watches;  ///< ascending
  std::vector<rbi_lock> locks;
  std::vector<FoundFs> fs;
  std::vector<std::vector<rbi_action>> sighands;

  /// The first task that uses each object of a class.
  [[nodiscard]] std::vector<std::size_t> users(std::uint32_t FoundTask::*object,
                                               std::size_t count) const;
  /// "/proc/TGID/task/TID"
  [[nodiscard]] std::string directory(const FoundTask& task) const;
};

}  // namespace rb::capture
