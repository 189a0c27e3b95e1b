# Libraries, all from Debian 12.
find_package(fmt REQUIRED)
find_package(Boost 1.74 REQUIRED)  # headers only: distributions
find_package(CLI11 REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(Catch2 2 REQUIRED)
include(CachedSource)
include(Benchmark)
include(Libperf)

# The archive first: it serves static and dynamic programs alike.
find_path(RB_XXHASH_INCLUDE xxhash.h REQUIRED)
find_library(RB_XXHASH_LIBRARY NAMES libxxhash.a xxhash REQUIRED)
add_library(rb_xxhash INTERFACE)
target_include_directories(rb_xxhash SYSTEM INTERFACE ${RB_XXHASH_INCLUDE})
target_link_libraries(rb_xxhash INTERFACE ${RB_XXHASH_LIBRARY})

find_path(RB_ARCHIVE_INCLUDE archive.h REQUIRED)
find_library(RB_ARCHIVE_LIBRARY NAMES libarchive.a archive REQUIRED)
add_library(rb_archive INTERFACE)
target_include_directories(rb_archive SYSTEM INTERFACE ${RB_ARCHIVE_INCLUDE})
target_link_libraries(rb_archive INTERFACE ${RB_ARCHIVE_LIBRARY})
