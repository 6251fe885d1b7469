# ringfence_folder(NAME [TRUSTED] [LIBRARIES lib...] [FOLDERS folder...])
#
# One folder of src/ is one static library, ringfence_NAME. FOLDERS equals its
# line in src/deps.txt (tests/check_deps.py compares). A TRUSTED folder is part
# of the core that ringfence-launch links: no exceptions, no RTTI.
function(ringfence_folder name)
  cmake_parse_arguments(ARG "TRUSTED" "" "LIBRARIES;FOLDERS;EXCLUDE" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/${name}/*.cc)
  list(FILTER sources EXCLUDE REGEX "_main\\.cc$")
  if(NOT sources)
    add_library(ringfence_${name} INTERFACE)
    set(scope INTERFACE)
  else()
    add_library(ringfence_${name} STATIC ${sources})
    set(scope PUBLIC)
  endif()
  target_link_libraries(ringfence_${name} ${scope} ringfence_flags ${ARG_LIBRARIES})
  foreach(folder ${ARG_FOLDERS})
    target_link_libraries(ringfence_${name} ${scope} ringfence_${folder})
  endforeach()
  if(ARG_TRUSTED AND sources)
    target_compile_options(ringfence_${name} PRIVATE -fno-exceptions -fno-rtti)
  endif()
endfunction()
