# Preset: cmake -C .cmake/sanitize.cmake -B build-sanitize
set(CMAKE_BUILD_TYPE Sanitize CACHE STRING "")
set(LRSWEEP_WERROR ON CACHE BOOL "")
