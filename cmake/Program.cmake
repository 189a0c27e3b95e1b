# How the program `bench` is linked and what is installed.
#
# bench is to run as the only file of an initramfs, so it is static where that
# is possible. The runtime libraries of the sanitizers cannot be linked so.
set(RESTARTBENCH_STATIC AUTO CACHE STRING "Link bench with -static: ON, OFF or AUTO")
set_property(CACHE RESTARTBENCH_STATIC PROPERTY STRINGS AUTO ON OFF)
set(RB_STATIC OFF)
if(RB_STATIC_POSSIBLE AND NOT RESTARTBENCH_SANITIZE)
  set(RB_STATIC ${RESTARTBENCH_STATIC})
  if(RESTARTBENCH_STATIC STREQUAL "AUTO")
    set(RB_STATIC ON)
  endif()
elseif(RESTARTBENCH_STATIC STREQUAL "ON")
  message(FATAL_ERROR "RESTARTBENCH_STATIC=ON needs the source of Google Benchmark "
                      "(scripts/fetch-benchmark) and a build without sanitizers")
endif()

# Where scripts, tests and documentation expect the program: bin/bench.
if(TARGET bench)
  set_target_properties(bench PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)
  if(RB_STATIC)
    target_link_options(bench PRIVATE -static)
  endif()
  install(TARGETS bench RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
endif()

install(FILES LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(FILES README.md DESTINATION ${CMAKE_INSTALL_DOCDIR} OPTIONAL)
install(DIRECTORY docs/ DESTINATION ${CMAKE_INSTALL_DOCDIR} FILES_MATCHING PATTERN "*.md")
install(DIRECTORY results/ DESTINATION ${CMAKE_INSTALL_DATADIR}/restartbench OPTIONAL
  FILES_MATCHING PATTERN "*.json")
