# Preset: cmake -C .cmake/debug.cmake -B build-debug
set(CMAKE_BUILD_TYPE Debug CACHE STRING "")
set(LRSWEEP_WERROR ON CACHE BOOL "")
