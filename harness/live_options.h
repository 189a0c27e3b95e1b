// What the command line asks for of running programs.
#pragma once

#include <cstdint>
#include <string>

namespace rb {

/// When a program of --workload program:COMMAND has come to where it is to be captured.
struct Readiness {
  enum class Kind {
    kTime,  ///< after so many seconds
    kPort,  ///< a TCP port of this machine takes connections
    kFile,  ///< a file exists
    kLine,  ///< it has printed a line that a regular expression finds
  };
  Kind kind = Kind::kTime;
  double seconds = 1;
  std::uint16_t port = 0;
  std::string text;  ///< path or expression
};

/// Make an image of a running tree.
struct CaptureOptions {
  int root = 0;  ///< pid of its first process
  std::string out;
  bool leave_running = false;
};
/// Restart an image for real: it goes on from where it was.
struct RestartOptions {
  std::string path;
  std::string strategy = "userspace";
  bool detach = false;  ///< leave it running; else wait for its end
  bool wait = false;    ///< the default, said
};

}  // namespace rb
