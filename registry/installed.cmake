# What `cmake --install` puts where, as a package of the distribution would: the programs with their manual pages and
# completions, what a log starts with, the interface, and the documentation.
include(GNUInstallDirs)
set(JK_TEXTS ${CMAKE_BINARY_DIR}/installed)
file(MAKE_DIRECTORY ${JK_TEXTS})
# The programs run while they are being built: what a sanitizer has to say of them the tests are there for.
set(JK_RUN ${CMAKE_COMMAND} -E env ASAN_OPTIONS=detect_leaks=0)

function(jk_manual program section)
  add_custom_command(OUTPUT ${JK_TEXTS}/${program}.${section}
    COMMAND ${JK_RUN} ${CMAKE_COMMAND} -DPROGRAM=$<TARGET_FILE:${program}> -DNAME=${program} -DVERSION=${PROJECT_VERSION}
            -DSECTION=${section} "-DMORE=${CMAKE_INSTALL_FULL_DOCDIR}" -DOUT=${JK_TEXTS}/${program}.${section}
            -P ${JK_ROOT}/registry/manual.cmake
    DEPENDS ${program} ${JK_ROOT}/registry/manual.cmake VERBATIM)
  install(FILES ${JK_TEXTS}/${program}.${section} DESTINATION ${CMAKE_INSTALL_MANDIR}/man${section})
endfunction()

# For a shell, under the name that it looks for.
function(jk_completion shell folder file)
  add_custom_command(OUTPUT ${JK_TEXTS}/${shell}
    COMMAND ${JK_RUN} $<TARGET_FILE:jokbo> completion ${shell} > ${JK_TEXTS}/${shell}
    DEPENDS jokbo VERBATIM)
  install(FILES ${JK_TEXTS}/${shell} DESTINATION ${CMAKE_INSTALL_DATADIR}/${folder} RENAME ${file})
endfunction()

install(TARGETS jokbo jokbod DESTINATION ${CMAKE_INSTALL_BINDIR})
jk_manual(jokbo 1)
jk_manual(jokbod 8)
jk_completion(bash bash-completion/completions jokbo)
jk_completion(zsh zsh/vendor-completions _jokbo)
jk_completion(fish fish/vendor_completions.d jokbo.fish)
add_custom_target(installed_texts ALL DEPENDS ${JK_TEXTS}/jokbo.1 ${JK_TEXTS}/jokbod.8 ${JK_TEXTS}/bash ${JK_TEXTS}/zsh
                  ${JK_TEXTS}/fish)

install(FILES ${JK_ROOT}/registry/data/roster.yaml DESTINATION ${CMAKE_INSTALL_DATADIR}/jokbo)
install(DIRECTORY ${JK_ROOT}/registry/data/policies ${JK_ROOT}/proto DESTINATION ${CMAKE_INSTALL_DATADIR}/jokbo)

# The demo's script registers model cards that lie with the tests; installed, they lie beside it.
set(JK_SCRIPT registry/data/demo/programme.script)
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${JK_ROOT}/${JK_SCRIPT})
file(READ ${JK_ROOT}/${JK_SCRIPT} text)
string(REPLACE "../../../tests/data/model-cards/" "./cards/" text "${text}")
file(WRITE ${JK_TEXTS}/programme.script "${text}")
install(DIRECTORY ${JK_ROOT}/registry/data/demo DESTINATION ${CMAKE_INSTALL_DATADIR}/jokbo PATTERN programme.script EXCLUDE)
install(FILES ${JK_TEXTS}/programme.script DESTINATION ${CMAKE_INSTALL_DATADIR}/jokbo/demo)
install(DIRECTORY ${JK_ROOT}/tests/data/model-cards/ DESTINATION ${CMAKE_INSTALL_DATADIR}/jokbo/demo/cards
        FILES_MATCHING PATTERN *.md)

# In the folders of the checkout, so that the pages' links to each other hold.
install(FILES ${JK_ROOT}/README.md ${JK_ROOT}/LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(DIRECTORY ${JK_ROOT}/registry/docs ${JK_ROOT}/registry/formats DESTINATION ${CMAKE_INSTALL_DOCDIR}/registry)
install(FILES ${JK_ROOT}/registry/README.md DESTINATION ${CMAKE_INSTALL_DOCDIR}/registry)
install(FILES ${JK_ROOT}/registry/data/upstream-organisations.txt ${JK_ROOT}/registry/data/hub-licenses.tsv
        DESTINATION ${CMAKE_INSTALL_DOCDIR}/registry/data)
install(FILES ${JK_ROOT}/docker/README.md DESTINATION ${CMAKE_INSTALL_DOCDIR}/docker)
install(FILES ${JK_ROOT}/tests/README.md ${JK_ROOT}/tests/recount.py ${JK_ROOT}/tests/recount_policy.py
        ${JK_ROOT}/tests/recount_vouched.py ${JK_ROOT}/tests/recount_evidence.py ${JK_ROOT}/tests/recount_evidence_forms.py
        DESTINATION ${CMAKE_INSTALL_DOCDIR}/tests)
install(FILES ${JK_ROOT}/tests/support/evidence.py ${JK_ROOT}/tests/support/sketch.py
        DESTINATION ${CMAKE_INSTALL_DOCDIR}/tests/support)
install(FILES ${JK_ROOT}/tests/integration/sumdb/main.go DESTINATION ${CMAKE_INSTALL_DOCDIR}/tests/integration/sumdb)
install(DIRECTORY ${JK_ROOT}/proto/jokbo DESTINATION ${CMAKE_INSTALL_DOCDIR}/proto)
