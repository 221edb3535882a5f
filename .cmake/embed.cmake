# Writes the C file OUT with the bytes of the report's page (see report.cmake, page.h).

# Appends a row to the table and its bytes to the file.
function(embed name content)
  string(HEX "${content}" hex)
  string(LENGTH "${hex}" length)
  math(EXPR length "${length} / 2")
  string(REGEX REPLACE "(..)" "0x\\1," bytes "${hex}")
  string(REGEX REPLACE "((0x..,)(0x..,)(0x..,)(0x..,)(0x..,)(0x..,)(0x..,)(0x..,))" "\\1\n" bytes
                       "${bytes}")
  string(MAKE_C_IDENTIFIER "${name}" identifier)
  file(APPEND ${OUT}.new "static const unsigned char ${identifier}[] = {\n${bytes}};\n")
  set(rows "${rows}    {\"${name}\", ${identifier}, ${length}},\n" PARENT_SCOPE)
endfunction()

# A file as text: CMake's lists know no lone brackets and no semicolons, so nothing here is a list.
function(read path variable)
  file(READ "${path}" text)
  set(${variable} "${text}" PARENT_SCOPE)
endfunction()

file(WRITE ${OUT}.new "/* Made by embed.cmake. */\n#include \"coordinator/report/page.h\"\n\n")
set(rows "")
foreach(name report.html report.css)
  read(${PAGE}/${name} content)
  embed(${name} "${content}")
endforeach()

read(${PAGE}/vega_modules.js vega)
foreach(file IN LISTS VEGA)
  get_filename_component(module ${file} NAME)
  string(REPLACE ".min.js" "" module "${module}")
  if(module STREQUAL vega-selection)
    set(module vega-selections) # the name by which the others require it
  endif()
  read(${file} content)
  string(REGEX REPLACE "//# sourceMappingURL=[^\n]*" "" content "${content}")
  # Nothing in a script may look like its end.
  string(REPLACE "</script" "<\\/script" content "${content}")
  string(APPEND vega "vegaModule(\"${module}\", function (exports, module, require) {\n${content}\n});\n")
endforeach()
string(APPEND vega "vegaLink();\n")
embed(vega "${vega}")

set(scripts "")
foreach(file IN LISTS SCRIPTS)
  read(${file} content)
  string(APPEND scripts "${content}\n")
endforeach()
embed(scripts "${scripts}")

embed(vega-version "${VEGA_VERSION}")
read(${PAGE}/licence.txt licence)
string(REPLACE "&" "&amp;" licence "${licence}")
string(REPLACE "<" "&lt;" licence "${licence}")
embed(licence "${licence}")

file(APPEND ${OUT}.new "
const struct page_file page_files[] = {
${rows}};
const size_t page_file_count = sizeof page_files / sizeof page_files[0];
")
file(RENAME ${OUT}.new ${OUT})
