#include "cli/ipvsadm/connections.hpp"

#include <gtest/gtest.h>

namespace turnout::ipvsadm {
namespace {

const Names in_numbers(true);

TEST(Connections, rows_are_made_readable) {
    EXPECT_EQ(
        connection_lines("TCP C0A80102 C350 0A000001 0050 0A640001 1F90 ESTABLISHED     899\n",
                         in_numbers, false),
        "TCP 14:59  ESTABLISHED 192.168.1.2:50000  10.0.0.1:80        10.100.0.1:8080\n");
    EXPECT_EQ(connection_lines("TCP fd00:0000:0000:0000:0000:0000:0000:0002 C352 "
                               "fd00:0000:0000:0000:0000:0000:0000:0001 01BB "
                               "fd00:0000:0000:0000:0000:0000:0000:0010 01BB FIN_WAIT          7",
                               in_numbers, false),
              "TCP 00:07  FIN_WAIT    [fd00::2]:50002    [fd00::1]:443      [fd00::10]:443\n");
}

TEST(Connections, engines_have_columns_of_their_own) {
    const char* const row =
        "UDP C0A80102 0000 0A000001 13C4 0A640001 13C4 UDP             299 sip 1234@example.org";
    EXPECT_EQ(connection_lines(row, in_numbers, true),
              "UDP 04:59  UDP         192.168.1.2:0      10.0.0.1:5060      10.100.0.1:5060  "
              "sip                1234@example.org\n");
    EXPECT_EQ(connection_lines(row, in_numbers, false),
              "UDP 04:59  UDP         192.168.1.2:0      10.0.0.1:5060      10.100.0.1:5060\n");
}

TEST(Connections, many_lines_at_once) {
    const char* const row =
        "TCP C0A80102 C350 0A000001 0050 0A640001 1F90 ESTABLISHED     899\n"
        "TCP C0A80102 C351 0A000001 0050 0A640001 1F90 ESTABLISHED   60061\n";
    EXPECT_EQ(connection_lines(row, in_numbers, false),
              "TCP 14:59  ESTABLISHED 192.168.1.2:50000  10.0.0.1:80        10.100.0.1:8080\n"
              "TCP 1001:01 ESTABLISHED 192.168.1.2:50001  10.0.0.1:80        10.100.0.1:8080\n");
}

TEST(Connections, what_is_no_row_is_left_out) {
    EXPECT_EQ(connection_lines("Pro FromIP   FPrt ToIP     TPrt DestIP   DPrt State       Expires "
                               "PEName PEData",
                               in_numbers, false),
              "");
    EXPECT_EQ(connection_lines("", in_numbers, false), "");
    EXPECT_EQ(connection_lines("TCP C0A80102 C350 0A000001", in_numbers, false), "");
    EXPECT_EQ(
        connection_lines("TCP xyz C350 0A000001 0050 0A640001 1F90 NONE 1", in_numbers, false), "");
}

}  // namespace
}  // namespace turnout::ipvsadm
