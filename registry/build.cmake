# The libraries from the bottom up. A folder links only what stands below it; tests/lint holds includes to the same order.
set(JK_ROOT ${CMAKE_CURRENT_LIST_DIR}/..)
set(JK_GENERATED ${CMAKE_BINARY_DIR}/generated)
file(MAKE_DIRECTORY ${JK_GENERATED})

# jk_library(<folder> <what it stands on>…): all .c files of registry/<folder>.
function(jk_library folder)
  string(REPLACE / _ name ${folder})
  file(GLOB sources CONFIGURE_DEPENDS ${JK_ROOT}/registry/${folder}/*.c)
  list(FILTER sources EXCLUDE REGEX "/cli/main\\.c$")
  add_library(jk_${name} STATIC ${sources})
  target_include_directories(jk_${name} PUBLIC ${JK_ROOT}/registry ${JK_GENERATED})
  target_link_libraries(jk_${name} PUBLIC ${ARGN})
endfunction()

# jk_embed(<target> <symbol> <file>): the file's bytes as `const unsigned char <symbol>[]` and `const size_t <symbol>_len`,
# declared by whoever uses them.
function(jk_embed target symbol file)
  set(out ${JK_GENERATED}/embed/${symbol}.c)
  add_custom_command(OUTPUT ${out}
    COMMAND ${CMAKE_COMMAND} -DIN=${file} -DOUT=${out} -DSYMBOL=${symbol} -P ${JK_ROOT}/registry/embed.cmake
    DEPENDS ${file} ${JK_ROOT}/registry/embed.cmake VERBATIM)
  target_sources(${target} PRIVATE ${out})
endfunction()

jk_library(base PkgConfig::CRYPTO Threads::Threads)
jk_library(tlog jk_base PkgConfig::CRYPTO)
jk_library(domain jk_base m)
jk_library(weights jk_domain jk_base m)
# Sketches are the same bytes everywhere: no two roundings become one. Their loops are written for vectors.
target_compile_options(jk_weights PRIVATE -ffp-contract=off -O3)
jk_embed(jk_domain jk_data_spdx_list ${JK_ROOT}/registry/data/spdx-list.txt)
jk_embed(jk_domain jk_data_hub_licenses ${JK_ROOT}/registry/data/hub-licenses.tsv)
jk_embed(jk_domain jk_data_upstream ${JK_ROOT}/registry/data/upstream-organisations.txt)

# Migrations are embedded in order, with their names, so that a binary carries exactly the schema it was built for.
file(GLOB JK_MIGRATIONS CONFIGURE_DEPENDS ${JK_ROOT}/migrations/[0-9][0-9][0-9][0-9]_*.sql)
jk_library(book jk_domain jk_base)
jk_library(report jk_book jk_domain jk_tlog jk_base PkgConfig::JANSSON)
jk_embed(jk_report jk_report_page_css ${JK_ROOT}/registry/report/page.css)
jk_library(auth jk_domain jk_base PkgConfig::JANSSON)
jk_library(fetch jk_base PkgConfig::CURL)
jk_library(tiles jk_tlog jk_base)
jk_library(witness jk_fetch jk_tlog jk_base)
jk_library(store jk_tiles jk_auth jk_book jk_domain jk_tlog jk_base PkgConfig::PQ)
set(table "")
foreach(file ${JK_MIGRATIONS})
  get_filename_component(name ${file} NAME_WE)
  jk_embed(jk_store jk_migration_${name} ${file})
  string(APPEND table "JK_MIGRATION(${name})\n")
endforeach()
file(GENERATE OUTPUT ${JK_GENERATED}/migrations.def CONTENT "${table}")
jk_embed(jk_store jk_data_licenses ${JK_ROOT}/registry/data/licenses.tsv)

# The interface: messages from protobuf-c, and one descriptor set for reflection and for the lint of the interface.
set(JK_PROTO_DIR ${JK_ROOT}/proto)
file(GLOB_RECURSE JK_PROTOS CONFIGURE_DEPENDS RELATIVE ${JK_PROTO_DIR} ${JK_PROTO_DIR}/*.proto)
# Google's well-known types come with protoc; protobuf-c has no C files for them, so they are generated like ours.
set(JK_WELL_KNOWN google/protobuf/timestamp.proto google/protobuf/any.proto google/protobuf/duration.proto)
set(proto_sources "")
set(proto_files "")
pkg_get_variable(JK_PROTOBUF_INCLUDE protobuf includedir)
foreach(proto ${JK_WELL_KNOWN})
  string(REGEX REPLACE "\\.proto$" "" stem ${proto})
  add_custom_command(OUTPUT ${JK_GENERATED}/${stem}.pb-c.c ${JK_GENERATED}/${stem}.pb-c.h
    COMMAND protoc-c --proto_path=${JK_PROTOBUF_INCLUDE} --c_out=${JK_GENERATED} ${proto} VERBATIM)
  list(APPEND proto_sources ${JK_GENERATED}/${stem}.pb-c.c)
endforeach()
foreach(proto ${JK_PROTOS})
  string(REGEX REPLACE "\\.proto$" "" stem ${proto})
  add_custom_command(OUTPUT ${JK_GENERATED}/${stem}.pb-c.c ${JK_GENERATED}/${stem}.pb-c.h
    COMMAND protoc-c --proto_path=${JK_PROTO_DIR} --c_out=${JK_GENERATED} ${proto}
    DEPENDS ${JK_PROTO_DIR}/${proto} VERBATIM)
  list(APPEND proto_sources ${JK_GENERATED}/${stem}.pb-c.c)
  list(APPEND proto_files ${JK_PROTO_DIR}/${proto})
endforeach()
add_custom_command(OUTPUT ${JK_GENERATED}/descriptors.pb
  COMMAND protoc --proto_path=${JK_PROTO_DIR} --include_imports --include_source_info
          --descriptor_set_out=${JK_GENERATED}/descriptors.pb ${JK_PROTOS}
  DEPENDS ${proto_files} VERBATIM)
add_custom_command(OUTPUT ${JK_GENERATED}/reflection.pb
  COMMAND protoc --proto_path=${JK_PROTO_DIR} --include_imports
          --descriptor_set_out=${JK_GENERATED}/reflection.pb ${JK_PROTOS}
  DEPENDS ${proto_files} VERBATIM)
add_library(jk_proto STATIC ${proto_sources})
target_include_directories(jk_proto PUBLIC ${JK_GENERATED})
target_compile_options(jk_proto PRIVATE -w)
target_link_libraries(jk_proto PUBLIC PkgConfig::PROTOBUF_C)
add_custom_target(jk_descriptors ALL DEPENDS ${JK_GENERATED}/descriptors.pb ${JK_GENERATED}/reflection.pb)

jk_library(reply jk_book jk_domain jk_base jk_proto PkgConfig::JANSSON)
jk_library(audit jk_fetch jk_report jk_book jk_domain jk_tlog jk_base)
jk_library(export jk_audit jk_book jk_domain jk_tlog jk_base)
jk_library(closing jk_report jk_store jk_tiles jk_book jk_domain jk_tlog jk_base)
jk_library(service/call jk_closing jk_reply jk_report jk_store jk_auth jk_book jk_domain jk_tlog jk_base jk_proto)
jk_library(service/records jk_service_call)
jk_library(service/evaluate jk_service_records jk_service_call)
jk_library(service jk_service_evaluate jk_service_records jk_service_call)
jk_library(rpc jk_service jk_proto jk_base PkgConfig::GRPC)
jk_embed(jk_rpc jk_data_reflection ${JK_GENERATED}/reflection.pb)
jk_library(http jk_store jk_auth jk_tlog jk_base PkgConfig::MICROHTTPD PkgConfig::ZLIB)
jk_library(declare jk_reply jk_domain jk_base jk_proto PkgConfig::JANSSON PkgConfig::YAML)
jk_library(cli/console jk_reply jk_report jk_domain jk_base jk_proto PkgConfig::GRPC PkgConfig::JANSSON)
jk_library(verify jk_cli_console jk_audit jk_report jk_reply jk_book jk_domain jk_fetch jk_tlog jk_base jk_proto PkgConfig::JANSSON)
jk_library(demo jk_cli_console jk_declare jk_reply jk_domain jk_base jk_proto PkgConfig::JANSSON)
jk_library(cli jk_demo jk_verify jk_declare jk_cli_console jk_export jk_audit jk_reply jk_report jk_book jk_domain jk_fetch jk_tlog jk_base jk_proto PkgConfig::GRPC PkgConfig::JANSSON)

file(GLOB daemon_sources CONFIGURE_DEPENDS ${JK_ROOT}/registry/daemon/*.c)
add_executable(jokbod ${daemon_sources})
target_include_directories(jokbod PRIVATE ${JK_ROOT}/registry)
target_link_libraries(jokbod PRIVATE jk_http jk_rpc jk_service jk_closing jk_store jk_witness jk_tiles jk_fetch jk_base)
add_executable(jokbo ${JK_ROOT}/registry/cli/main.c)
target_link_libraries(jokbo PRIVATE jk_cli)

# What registry/start and cmake --install need, without tests and benchmarks.
add_custom_target(programs DEPENDS jokbod jokbo installed_texts)
