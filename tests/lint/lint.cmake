# Checks of the source itself: each tests/lint/check_<name>.py looks through the checkout, and shows by its fixtures
# (--self-test) that it can fail. The format is looked at only where clang-format 14 is: other versions write some things
# otherwise. registry/install ci brings it, where the distribution has it.
find_program(JK_CLANG_FORMAT clang-format-14)
file(GLOB lint_checks CONFIGURE_DEPENDS ${CMAKE_CURRENT_LIST_DIR}/check_*.py)
foreach(check ${lint_checks})
  get_filename_component(name ${check} NAME_WE)
  string(REGEX REPLACE "^check_" "" name ${name})
  if(name STREQUAL "format" AND NOT JK_CLANG_FORMAT)
    continue()
  endif()
  add_test(NAME lint/${name} COMMAND ${JK_PYTHON} -B ${check} ${CMAKE_SOURCE_DIR} ${JK_GENERATED})
  add_test(NAME lint/${name}-can-fail COMMAND ${JK_PYTHON} -B ${check} --self-test)
  set_tests_properties(lint/${name} lint/${name}-can-fail PROPERTIES LABELS lint TIMEOUT 300)
endforeach()
