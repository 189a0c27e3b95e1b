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

# rb_compile_together(TARGET...): what is built with sanitizers is built to be tested once, so eight
# files at a time go through the compiler, in half the time, as most of it is headers. Names
# in unnamed namespaces of these targets occur once in the target.
function(rb_compile_together)
  if(RESTARTBENCH_SANITIZE)
    set_target_properties(${ARGN} PROPERTIES UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE 8)
  endif()
endfunction()

if(RESTARTBENCH_SANITIZE)
  add_compile_options(-fsanitize=${RESTARTBENCH_SANITIZE} -fno-sanitize-recover=all
    -fno-omit-frame-pointer -Wno-maybe-uninitialized)
  add_link_options(-fsanitize=${RESTARTBENCH_SANITIZE})
endif()
