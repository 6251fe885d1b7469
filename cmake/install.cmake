# FHS: the command in bin, its parts in lib/ringfence, data in share/ringfence.
install(TARGETS ringfence-attacker ringfence-cli ringfence-policy ringfence-prove
        ringfence-launch ringfence-relay ringfence-scope
        RUNTIME DESTINATION lib/ringfence)
file(MAKE_DIRECTORY ${PROJECT_BINARY_DIR}/installed)
file(CREATE_LINK ../lib/ringfence/ringfence-launch
     ${PROJECT_BINARY_DIR}/installed/ringfence SYMBOLIC)
install(FILES ${PROJECT_BINARY_DIR}/installed/ringfence
        DESTINATION ${CMAKE_INSTALL_BINDIR})
install(DIRECTORY audit profiles policies DESTINATION ${CMAKE_INSTALL_DATADIR}/ringfence)
install(DIRECTORY docs/schemas DESTINATION ${CMAKE_INSTALL_DATADIR}/ringfence)
file(GLOB man1 CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/docs/man/*.1)
file(GLOB man5 CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/docs/man/*.5)
install(FILES ${man1} DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
install(FILES ${man5} DESTINATION ${CMAKE_INSTALL_MANDIR}/man5)
install(FILES README.md SECURITY.md LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR})
configure_file(cmake/ringfence-host.service.in ringfence-host.service @ONLY)
configure_file(cmake/ringfence@.service.in ringfence@.service @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/ringfence-host.service
        ${PROJECT_BINARY_DIR}/ringfence@.service
        DESTINATION lib/systemd/system)
