# rb_libperf: the kernel's library for performance counters, static, if its source
# is on this machine.
#
# Debian 12 has no package of it; scripts/fetch-libperf takes it out of Debian's
# source of the kernel. Where there is none, bench is built without counters and
# says so when it is asked for them.
set(RESTARTBENCH_LIBPERF_SOURCE "" CACHE PATH
  "Source of libperf (the kernel's tools/); found in the cache directories if not given")

set(rb_libperf_source ${RESTARTBENCH_LIBPERF_SOURCE})
if(NOT EXISTS "${rb_libperf_source}/lib/perf/evlist.c")
  rb_find_cached_source(rb_libperf_source libperf lib/perf/evlist.c)
  set_property(CACHE RESTARTBENCH_LIBPERF_SOURCE PROPERTY VALUE "${rb_libperf_source}")
endif()

add_library(rb_libperf INTERFACE)
if(rb_libperf_source)
  message(STATUS "libperf: static, from ${rb_libperf_source}")
  set(tools ${rb_libperf_source})
  add_library(rb_libperf_archive STATIC EXCLUDE_FROM_ALL
    ${tools}/lib/perf/core.c ${tools}/lib/perf/cpumap.c ${tools}/lib/perf/threadmap.c
    ${tools}/lib/perf/evsel.c ${tools}/lib/perf/evlist.c ${tools}/lib/perf/mmap.c
    ${tools}/lib/perf/xyarray.c ${tools}/lib/perf/lib.c ${tools}/lib/zalloc.c
    ${tools}/lib/api/fd/array.c)
  target_include_directories(rb_libperf_archive PRIVATE
    ${tools}/lib/perf/include ${tools}/lib ${tools}/include ${tools}/arch/x86/include
    ${tools}/arch/x86/include/uapi ${tools}/include/uapi)
  # GNU C; its warnings are not ours to fix.
  target_compile_options(rb_libperf_archive PRIVATE -std=gnu11 -w)
  target_compile_definitions(rb_libperf_archive PRIVATE _GNU_SOURCE)
  target_include_directories(rb_libperf SYSTEM INTERFACE ${tools}/lib/perf/include)
  target_link_libraries(rb_libperf INTERFACE rb_libperf_archive)
  target_compile_definitions(rb_libperf INTERFACE RB_HAVE_LIBPERF)
else()
  message(STATUS "libperf: none, so bench has no counters; scripts/fetch-libperf fetches it")
endif()
