# Every target of the project links this.
add_library(rb_warnings INTERFACE)
target_compile_options(rb_warnings INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow
  $<$<COMPILE_LANGUAGE:CXX>:-Wnon-virtual-dtor -Woverloaded-virtual>)
target_include_directories(rb_warnings INTERFACE ${PROJECT_SOURCE_DIR})

# Warnings are errors. Not so in builds with sanitizers, where GCC warns of what
# is not so; its manual advises against the combination (gcc(1), -fsanitize=address).
if(NOT RESTARTBENCH_SANITIZE)
  target_compile_options(rb_warnings INTERFACE -Werror)
endif()
