# The Debian package: what `cmake --install` puts below /usr, and what makes it a part of the system.
# `./run deb` builds it.
set(man_pages)
file(GLOB pages CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/docs/man/*.8)
foreach(page ${pages})
    get_filename_component(name ${page} NAME)
    add_custom_command(OUTPUT ${CMAKE_BINARY_DIR}/man/${name}.gz
        COMMAND ${CMAKE_COMMAND} -E make_directory ${CMAKE_BINARY_DIR}/man
        COMMAND gzip -9nc ${page} > ${CMAKE_BINARY_DIR}/man/${name}.gz
        DEPENDS ${page} VERBATIM)
    list(APPEND man_pages ${CMAKE_BINARY_DIR}/man/${name}.gz)
endforeach()
add_custom_target(packaged_manuals ALL DEPENDS ${man_pages})

# Not part of a plain `cmake --install`.
function(packaged)
    install(${ARGN} COMPONENT packaging EXCLUDE_FROM_ALL)
endfunction()
# Where LD_PRELOAD finds it by its name alone.
packaged(TARGETS turnout_preload DESTINATION lib/${CMAKE_LIBRARY_ARCHITECTURE})
packaged(FILES ${man_pages} DESTINATION ${CMAKE_INSTALL_MANDIR}/man8)
packaged(FILES packaging/systemd/turnoutd.service DESTINATION lib/systemd/system)
foreach(unit keepalived ldirectord)
    packaged(FILES packaging/systemd/${unit}.conf DESTINATION lib/systemd/system/${unit}.service.d
             RENAME turnout.conf)
endforeach()
packaged(FILES packaging/turnoutd.default DESTINATION /etc/default RENAME turnoutd)
# Completions are found by the name of the program.
foreach(program turnout turnoutd ipvsadm)
    packaged(FILES packaging/completion.bash DESTINATION share/bash-completion/completions
             RENAME ${program})
endforeach()
packaged(FILES LICENSE DESTINATION share/doc/turnout RENAME copyright)
packaged(FILES README.md CHANGELOG.md DESTINATION share/doc/turnout)
packaged(DIRECTORY docs/user DESTINATION share/doc/turnout)
packaged(FILES docs/differences-from-ipvs.md DESTINATION share/doc/turnout)

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_CONTACT "Turnout maintainers <turnout@example.org>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "layer-4 load balancer that replaces Linux Virtual Server (IPVS)")
set(CPACK_DEBIAN_PACKAGE_DESCRIPTION
"Balances TCP, UDP and SCTP services over many real servers, with IPVS's schedulers, forwarding methods
and tools: ipvsadm, keepalived and ldirectord drive it unmodified.  Packets are forwarded by XDP and tc
programs in the kernel.")
set(CPACK_DEBIAN_PACKAGE_SECTION net)
set(CPACK_DEBIAN_PACKAGE_ENHANCES "keepalived, ldirectord")
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA)
foreach(file preinst postinst prerm postrm conffiles)
    list(APPEND CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA ${PROJECT_SOURCE_DIR}/packaging/debian/${file})
endforeach()
set(CPACK_STRIP_FILES ON)
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_SET_DESTDIR ON)
set(CPACK_INSTALL_PREFIX /usr)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_COMPONENTS_GROUPING ALL_COMPONENTS_IN_ONE)
set(CPACK_COMPONENTS_ALL programs packaging)
set(CPACK_OUTPUT_FILE_PREFIX ${CMAKE_BINARY_DIR}/deb)
include(CPack)
