# gRPC as the target PkgConfig::GRPC, by the two libraries that are called. They know the others that they need, a hundred with Abseil's;
# pkg-config lists all of these for whoever links them statically, which takes it half a second for each of the many questions that CMake
# asks; and the linker reads the list for each program.
pkg_get_variable(JK_GRPC_LIBRARIES grpc libdir)
pkg_get_variable(JK_GRPC_INCLUDE grpc includedir)
find_library(JK_GRPC grpc HINTS ${JK_GRPC_LIBRARIES} REQUIRED)
find_library(JK_GPR gpr HINTS ${JK_GRPC_LIBRARIES} REQUIRED)
find_path(JK_GRPC_HEADERS grpc/grpc.h HINTS ${JK_GRPC_INCLUDE} REQUIRED)
add_library(PkgConfig::GRPC INTERFACE IMPORTED)
target_link_libraries(PkgConfig::GRPC INTERFACE ${JK_GRPC} ${JK_GPR})
target_include_directories(PkgConfig::GRPC INTERFACE ${JK_GRPC_HEADERS})

# What sanitizers watch is started thousands of times by tests, and a quarter of a start's time is the mapping of those hundred libraries.
# A program with the property JK_GRPC_ARCHIVES has what there is as an archive linked into it. c-ares is not, since tests/support/lsan.supp
# knows it by its library.
function(jk_grpc_archives folder)
  execute_process(COMMAND ${PKG_CONFIG_EXECUTABLE} --static --libs-only-l grpc OUTPUT_VARIABLE words OUTPUT_STRIP_TRAILING_WHITESPACE)
  separate_arguments(words UNIX_COMMAND "${words}")
  list(REMOVE_DUPLICATES words)
  set(archives "")
  set(libraries "")
  foreach(word ${words})
    string(REGEX REPLACE "^-l" "" name ${word})
    if(name MATCHES "^(grpc|gpr|address_sorting|re2|upb|absl_.*)$" AND EXISTS ${folder}/lib${name}.a)
      list(APPEND archives ${folder}/lib${name}.a)
    else()
      list(APPEND libraries ${name})
    endif()
  endforeach()
  set(archives "-Wl,--start-group;${archives};-Wl,--end-group;${libraries};stdc++;m")
  set(wanted $<BOOL:$<TARGET_PROPERTY:JK_GRPC_ARCHIVES>>)
  set_target_properties(PkgConfig::GRPC PROPERTIES
    INTERFACE_LINK_LIBRARIES "$<${wanted}:${archives}>;$<$<NOT:${wanted}>:${JK_GRPC};${JK_GPR}>")
endfunction()
get_filename_component(folder ${JK_GRPC} DIRECTORY)
if(JK_SANITIZE AND EXISTS ${folder}/libgrpc.a)
  jk_grpc_archives(${folder})
endif()
