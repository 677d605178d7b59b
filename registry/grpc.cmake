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
