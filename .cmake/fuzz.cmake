# Preset: cmake -C .cmake/fuzz.cmake -B build-fuzz
set(CMAKE_BUILD_TYPE Fuzz CACHE STRING "")
set(CMAKE_C_COMPILER clang CACHE STRING "")
