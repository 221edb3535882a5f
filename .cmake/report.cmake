# What report.html is made of: Vega, and the page's own files, as bytes in one C file.

set(LRSWEEP_VEGA_DIR /usr/share/javascript/vega CACHE PATH
    "Folder with Vega's modules (vega-view.min.js and others), as Debian's libjs-vega has it")
# In an order in which each finds those that it requires.
set(vega_modules util time format loader statistics canvas scale dataflow scenegraph event-selector
                 expression selection functions runtime view parser transforms view-transforms encode
                 interpreter)
set(vega_files)
foreach(module IN LISTS vega_modules)
  if(NOT EXISTS ${LRSWEEP_VEGA_DIR}/vega-${module}.min.js)
    message(FATAL_ERROR "The report is drawn with Vega, but ${LRSWEEP_VEGA_DIR}/vega-${module}.min.js "
                        "is not there. Install Debian's package libjs-vega (jobs/install-packages "
                        "does), or name the folder: -DLRSWEEP_VEGA_DIR=FOLDER")
  endif()
  list(APPEND vega_files ${LRSWEEP_VEGA_DIR}/vega-${module}.min.js)
endforeach()

# The modules do not tell their version.
set(vega_version "of unknown version")
find_program(DPKG_QUERY dpkg-query)
mark_as_advanced(DPKG_QUERY)
if(DPKG_QUERY AND LRSWEEP_VEGA_DIR STREQUAL /usr/share/javascript/vega)
  execute_process(COMMAND ${DPKG_QUERY} -W -f "\${Version}" libjs-vega
                  OUTPUT_VARIABLE found_version ERROR_QUIET)
  if(found_version MATCHES "^([0-9]+\\.[0-9]+\\.[0-9]+)")
    set(vega_version "${CMAKE_MATCH_1}")
  endif()
endif()

set(page ${PROJECT_SOURCE_DIR}/coordinator/report/page)
file(GLOB page_scripts CONFIGURE_DEPENDS ${page}/*.js ${page}/views/*.js)
list(SORT page_scripts)
# What the others stand on comes first, what starts them last.
set(first_scripts ${page}/base.js ${page}/trials.js ${page}/selection.js ${page}/charts.js)
list(REMOVE_ITEM page_scripts ${page}/vega_modules.js ${page}/start.js ${first_scripts})
list(PREPEND page_scripts ${first_scripts})
list(APPEND page_scripts ${page}/start.js)

set(embedded ${PROJECT_BINARY_DIR}/generated/page_files.c)
add_custom_command(
  OUTPUT ${embedded}
  COMMAND ${CMAKE_COMMAND} -DOUT=${embedded} -DPAGE=${page} "-DSCRIPTS=${page_scripts}"
          "-DVEGA=${vega_files}" -DVEGA_VERSION=${vega_version}
          -P ${PROJECT_SOURCE_DIR}/.cmake/embed.cmake
  DEPENDS ${page}/report.html ${page}/report.css ${page}/vega_modules.js ${page}/licence.txt
          ${page_scripts} ${vega_files} ${PROJECT_SOURCE_DIR}/.cmake/embed.cmake
  COMMENT "Embedding the report's page"
  VERBATIM)
