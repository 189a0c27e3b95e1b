# benchmark::benchmark, static if its source is on this machine.
#
# Debian has the shared library only. scripts/fetch-benchmark puts Debian's
# source package into a cache directory; where there is none, the shared library
# does, and bench cannot be static (RB_STATIC_POSSIBLE is OFF then).
set(RESTARTBENCH_BENCHMARK_SOURCE "" CACHE PATH
  "Source of Google Benchmark; found in the cache directories if not given")

# Found once and kept: ninja may run CMake again in another environment.
set(rb_benchmark_source ${RESTARTBENCH_BENCHMARK_SOURCE})
if(NOT EXISTS "${rb_benchmark_source}/CMakeLists.txt")
  rb_find_cached_source(rb_benchmark_source benchmark CMakeLists.txt)
  set_property(CACHE RESTARTBENCH_BENCHMARK_SOURCE PROPERTY VALUE "${rb_benchmark_source}")
endif()

if(rb_benchmark_source)
  message(STATUS "Google Benchmark: static, from ${rb_benchmark_source}")
  set(BENCHMARK_ENABLE_TESTING OFF)
  set(BENCHMARK_ENABLE_INSTALL OFF)
  set(BENCHMARK_INSTALL_DOCS OFF)
  set(BENCHMARK_ENABLE_WERROR OFF)
  set(GIT_VERSION 0.0.0)  # "ask project()"; Debian took the question to git out
  add_subdirectory(${rb_benchmark_source} ${CMAKE_BINARY_DIR}/benchmark EXCLUDE_FROM_ALL SYSTEM)
  # Its own warnings are not ours to fix.
  target_compile_options(benchmark PRIVATE -w)
  set(RB_STATIC_POSSIBLE ON)
else()
  message(STATUS "Google Benchmark: shared, as its source is not there; "
                 "scripts/fetch-benchmark fetches it")
  find_package(benchmark REQUIRED)
  set(RB_STATIC_POSSIBLE OFF)
endif()
