// The files of /proc/net as the kernel's IPVS writes them.
#include "ipvs/proc_text.hpp"

#include <gtest/gtest.h>

#include "ipvs/protocol.hpp"
#include "support/full_control.hpp"

namespace turnout::ipvs {
namespace {

using model::Address;

struct ProcTextTest : testing::Test {
    test::FullControl control;

    std::string text(std::string_view name) const {
        std::string all;
        for (uint32_t part = 0; append_proc_text(control, name, part, all);) ++part;
        return all;
    }
    void add(model::Service service, const std::vector<model::Server>& servers = {}) {
        ASSERT_TRUE(control.apply(model::AddService{service}));
        for (const auto& server : servers)
            ASSERT_TRUE(control.apply(model::AddServer{service.key, server}));
    }
};

model::Service service(const char* address, uint16_t port) {
    model::Service made;
    made.key = {0, model::Protocol::tcp, *Address::parse(address), port};
    if (made.key.address.family == model::Family::ipv6) made.netmask = 128;
    return made;
}

model::Server server(const char* address, model::Method method) {
    model::Server made;
    made.key = {*Address::parse(address), 8080};
    made.method = method;
    return made;
}

TEST_F(ProcTextTest, the_table) {
    model::Service web = service("198.51.100.1", 80), six = service("2001:db8::1", 443), marked;
    web.flags = model::service_flag::persistent;
    web.persistence_timeout_s = 360;
    web.netmask = 0xffffff00;
    six.flags = model::service_flag::persistent | model::service_flag::one_packet;
    six.persistence_timeout_s = 10;
    marked.key.mark = 26;
    marked.scheduler = "rr";
    marked.flags = model::service_flag::one_packet;
    control.active = 22;
    control.inactive = 4000000000;
    add(web, {server("10.1.0.11", model::Method::nat), server("10.1.0.12", model::Method::direct),
              server("2001:db8:10::13", model::Method::tunnel)});
    add(six);
    add(marked);
    EXPECT_EQ(text("ip_vs"),
              "IP Virtual Server version 1.2.1 (size=4096)\n"
              "Prot LocalAddress:Port Scheduler Flags\n"
              "  -> RemoteAddress:Port Forward Weight ActiveConn InActConn\n"
              "TCP  C6336401:0050 wlc  persistent 90000 FFFFFF00\n"
              "  -> [2001:0db8:0010:0000:0000:0000:0000:0013]:1F90      Tunnel  1      22         "
              "4000000000\n"
              "  -> 0A01000C:1F90      Route   1      22         4000000000\n"
              "  -> 0A01000B:1F90      Masq    1      22         4000000000\n"
              "TCP  [2001:0db8:0000:0000:0000:0000:0000:0001]:01BB wlc persistent 2500 80000000\n"
              "FWM  0000001A rr ops \n");
}

TEST_F(ProcTextTest, the_totals) {
    control.counters = {0x123, 0xabcdef0123, 3, 0xfeedbeefcafe, 5, 0};
    control.rates = {1, 2, 3, 4, 0x5678};
    EXPECT_EQ(text("ip_vs_stats"),
              "   Total Incoming Outgoing         Incoming         Outgoing\n"
              "   Conns  Packets  Packets            Bytes            Bytes\n"
              "     123 ABCDEF0123        3     FEEDBEEFCAFE                5\n"
              "\n"
              " Conns/s   Pkts/s   Pkts/s          Bytes/s          Bytes/s\n"
              "       1        2        3                4             5678\n");
    EXPECT_EQ(text("ip_vs_stats_percpu"),
              "       Total Incoming Outgoing         Incoming         Outgoing\n"
              "CPU    Conns  Packets  Packets            Bytes            Bytes\n"
              "  0      123 ABCDEF0123        3     FEEDBEEFCAFE                5\n"
              "  ~      123 ABCDEF0123        3     FEEDBEEFCAFE                5\n"
              "     Conns/s   Pkts/s   Pkts/s          Bytes/s          Bytes/s\n"
              "           1        2        3                4             5678\n");
}

TEST_F(ProcTextTest, the_origins_of_connections) {
    model::ConnectionReport row;
    row.protocol = model::Protocol::udp;
    row.client = Address::ipv4(203, 0, 113, 9);
    row.virtual_address = Address::ipv4(198, 51, 100, 1);
    row.server = Address::ipv4(10, 1, 0, 11);
    row.client_port = 5000;
    row.virtual_port = row.server_port = 53;
    row.state = "UDP";
    row.expires_s = 299;
    control.connection_rows = {row};
    EXPECT_EQ(text("ip_vs_conn_sync"),
              "Pro FromIP   FPrt ToIP     TPrt DestIP   DPrt State       Origin Expires\n"
              "UDP CB007109 1388 C6336401 0035 0A01000B 0035 UDP         LOCAL      299\n");
}

TEST_F(ProcTextTest, names) {
    for (const char* name : proc_files) EXPECT_TRUE(is_proc_text(name));
    EXPECT_FALSE(is_proc_text("ip_vs_app"));
    EXPECT_FALSE(is_proc_text(""));
}

}  // namespace
}  // namespace turnout::ipvs
