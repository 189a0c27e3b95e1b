# RESTARTBENCH_SANITIZE: what -fsanitize gets, for everything compiled from here
# on, Google Benchmark included. Code that runs in a restarted task, where no
# runtime library is, must be compiled with -fno-sanitize=all by its own folder.
set(RESTARTBENCH_SANITIZE "" CACHE STRING
  "Sanitizers, separated by commas: address,undefined or thread")
option(RESTARTBENCH_FUZZ "Build the fuzz targets in tests/fuzz and no tests; needs clang" OFF)
if(RESTARTBENCH_FUZZ)
  # Coverage for libFuzzer in everything; targets alone have its main.
  add_compile_options(-fsanitize=fuzzer-no-link -Wno-unknown-warning-option)
endif()
if(RESTARTBENCH_SANITIZE)
  add_compile_options(-fsanitize=${RESTARTBENCH_SANITIZE} -fno-sanitize-recover=all
    -fno-omit-frame-pointer -O1 -Wno-maybe-uninitialized)
  add_link_options(-fsanitize=${RESTARTBENCH_SANITIZE})
endif()
