# Writes OUT, the manual page of a program: what PROGRAM --help prints, as it stands. NAME and VERSION head the page,
# SECTION is the manual's, MORE says where more is written.
execute_process(COMMAND ${CMAKE_COMMAND} -E env COLUMNS=78 ${PROGRAM} --help OUTPUT_VARIABLE help RESULT_VARIABLE failed OUTPUT_STRIP_TRAILING_WHITESPACE)
if(failed)
  message(FATAL_ERROR "${PROGRAM} --help: ${failed}")
endif()
string(REGEX MATCH "^[^\n]*: ([^\n]*)" line "${help}")
string(REGEX REPLACE "\\.$" "" purpose "${CMAKE_MATCH_1}")

# In roff a backslash begins an escape, a dot or an apostrophe at a line's begin a request, and a plain hyphen may be broken at.
string(REPLACE "\\" "\\e" help "${help}")
string(REPLACE "-" "\\-" help "${help}")
string(REGEX REPLACE "(^|\n)([.'])" "\\1\\\\&\\2" help "${help}")
string(TOUPPER ${NAME} title)
file(WRITE ${OUT} ".TH ${title} ${SECTION} \"\" \"${NAME} ${VERSION}\"
.SH NAME
${NAME} \\- ${purpose}
.SH DESCRIPTION
.nf
${help}
.fi
.SH SEE ALSO
${MORE}
")
