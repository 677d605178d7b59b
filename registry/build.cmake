# The libraries and the two programs, by the table layers.txt, and what is embedded into them.
set(JK_ROOT ${CMAKE_CURRENT_LIST_DIR}/..)
set(JK_GENERATED ${CMAKE_BINARY_DIR}/generated)
file(MAKE_DIRECTORY ${JK_GENERATED})

# jk_layer(<folder> <what it sees> <libraries>): all .c files of registry/<folder>, linked to what its row names. daemon/ is a
# program; cli/ and openapi/ are libraries and, with main.c, programs; proto is generated.
function(jk_layer folder seen libraries)
  set(linked "")
  foreach(name ${seen})
    string(REPLACE / _ name ${name})
    list(APPEND linked jk_${name})
  endforeach()
  foreach(name ${libraries})
    if(name STREQUAL "m")
      list(APPEND linked m)
    elseif(name STREQUAL "threads")
      list(APPEND linked Threads::Threads)
    else()
      string(REPLACE - _ name ${name})
      string(TOUPPER ${name} name)
      list(APPEND linked PkgConfig::${name})
    endif()
  endforeach()
  if(folder STREQUAL "proto")
    add_library(jk_proto STATIC ${proto_sources})
    target_compile_options(jk_proto PRIVATE -w)
    target_include_directories(jk_proto PUBLIC ${JK_GENERATED})
    target_link_libraries(jk_proto PUBLIC ${linked})
    return()
  endif()
  file(GLOB sources CONFIGURE_DEPENDS ${JK_ROOT}/registry/${folder}/*.c)
  list(FILTER sources EXCLUDE REGEX "/(cli|openapi)/main\\.c$")
  if(folder STREQUAL "daemon")
    set(target jokbod)
    add_executable(${target} ${sources})
  else()
    string(REPLACE / _ target jk_${folder})
    add_library(${target} STATIC ${sources})
  endif()
  target_include_directories(${target} PUBLIC ${JK_ROOT}/registry ${JK_GENERATED})
  target_link_libraries(${target} PUBLIC ${linked})
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

# ---- the interface ----

# Messages from protobuf-c, and one descriptor set for reflection and for the lint of the interface.
set(JK_PROTO_DIR ${JK_ROOT}/proto)
file(GLOB_RECURSE JK_PROTOS CONFIGURE_DEPENDS RELATIVE ${JK_PROTO_DIR} ${JK_PROTO_DIR}/*.proto)
# Google's well-known types come with protoc; protobuf-c has no C files for them, so they are generated like ours.
set(JK_WELL_KNOWN google/protobuf/timestamp.proto google/protobuf/any.proto google/protobuf/duration.proto
    google/protobuf/descriptor.proto)
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
add_custom_target(jk_descriptors ALL DEPENDS ${JK_GENERATED}/descriptors.pb ${JK_GENERATED}/reflection.pb)

# ---- the layers ----

set(JK_LAYERS ${JK_ROOT}/registry/layers.txt)
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${JK_LAYERS})
file(STRINGS ${JK_LAYERS} layers REGEX "^[a-z]")
set(JK_LIBRARIES "") # all of them, for the tests
foreach(row ${layers})
  string(REGEX MATCH "^([a-z/]+) *\\|([^|]*)\\|([^|]*)$" row ${row})
  if(NOT row)
    message(FATAL_ERROR "${JK_LAYERS}: a row is not \"folder | what it sees | libraries\"")
  endif()
  set(folder ${CMAKE_MATCH_1})
  separate_arguments(seen UNIX_COMMAND "${CMAKE_MATCH_2}")
  separate_arguments(libraries UNIX_COMMAND "${CMAKE_MATCH_3}")
  jk_layer(${folder} "${seen}" "${libraries}")
  if(NOT folder STREQUAL "daemon")
    string(REPLACE / _ folder ${folder})
    list(APPEND JK_LIBRARIES jk_${folder})
  endif()
endforeach()
# Sketches are the same bytes everywhere: no two roundings become one. Their loops are written for vectors.
target_compile_options(jk_weights PRIVATE -ffp-contract=off -O3)
add_executable(jokbo ${JK_ROOT}/registry/cli/main.c)
target_link_libraries(jokbo PRIVATE jk_cli)
set_target_properties(jokbo jokbod PROPERTIES JK_GRPC_ARCHIVES ON)

# The interface over HTTP as an OpenAPI document, made from the descriptors with their comments by a program of this build.
add_executable(make_openapi ${JK_ROOT}/registry/openapi/main.c)
target_link_libraries(make_openapi PRIVATE jk_openapi)
add_custom_command(OUTPUT ${JK_GENERATED}/openapi.json
  COMMAND ${CMAKE_COMMAND} -E env ASAN_OPTIONS=detect_leaks=0 $<TARGET_FILE:make_openapi> ${JK_GENERATED}/descriptors.pb ${JK_GENERATED}/openapi.json
  DEPENDS make_openapi ${JK_GENERATED}/descriptors.pb VERBATIM)

# ---- what is embedded ----

jk_embed(jk_domain jk_data_spdx_list ${JK_ROOT}/registry/data/spdx-list.txt)
jk_embed(jk_domain jk_data_hub_licenses ${JK_ROOT}/registry/data/hub-licenses.tsv)
jk_embed(jk_domain jk_data_upstream ${JK_ROOT}/registry/data/upstream-organisations.txt)
jk_embed(jk_report jk_report_page_css ${JK_ROOT}/registry/report/page.css)
file(GLOB policies CONFIGURE_DEPENDS ${JK_ROOT}/registry/data/policies/*.policy)
foreach(file ${policies})
  get_filename_component(name ${file} NAME_WE)
  string(REPLACE - _ name ${name})
  jk_embed(jk_service_evaluate jk_data_policy_${name} ${file})
endforeach()
jk_embed(jk_store jk_data_licenses ${JK_ROOT}/registry/data/licenses.tsv)
jk_embed(jk_reply jk_data_reflection ${JK_GENERATED}/reflection.pb)
jk_embed(jk_service jk_data_openapi ${JK_GENERATED}/openapi.json)

# Migrations are embedded in order, with their names, so that a binary carries exactly the schema it was built for.
file(GLOB JK_MIGRATIONS CONFIGURE_DEPENDS ${JK_ROOT}/migrations/[0-9][0-9][0-9][0-9]_*.sql)
set(table "")
foreach(file ${JK_MIGRATIONS})
  get_filename_component(name ${file} NAME_WE)
  jk_embed(jk_store jk_migration_${name} ${file})
  string(APPEND table "JK_MIGRATION(${name})\n")
endforeach()
file(GENERATE OUTPUT ${JK_GENERATED}/migrations.def CONTENT "${table}")

# The site: all its templates, with a table of them; its words and assets.
file(GLOB JK_SITE CONFIGURE_DEPENDS ${JK_ROOT}/registry/site/*.mustache)
set(table "")
foreach(file ${JK_SITE})
  get_filename_component(name ${file} NAME_WE)
  jk_embed(jk_web_pages jk_site_${name} ${file})
  string(APPEND table "JK_SITE_TEMPLATE(${name})\n")
endforeach()
file(GENERATE OUTPUT ${JK_GENERATED}/site.def CONTENT "${table}")
jk_embed(jk_web_pages jk_site_words ${JK_ROOT}/registry/site/words.tsv)
jk_embed(jk_web_pages jk_site_asset_css ${JK_ROOT}/registry/site/site.css)
jk_embed(jk_web_pages jk_site_asset_js ${JK_ROOT}/registry/site/site.js)
jk_embed(jk_web_pages jk_site_asset_suggest ${JK_ROOT}/registry/site/suggest.js)
jk_embed(jk_web_pages jk_site_asset_verify ${JK_ROOT}/registry/site/verify.js)
jk_embed(jk_web_pages jk_site_asset_icon ${JK_ROOT}/registry/site/icon.svg)

# What registry/start and cmake --install need, without tests and benchmarks.
add_custom_target(programs DEPENDS jokbod jokbo installed_texts)
