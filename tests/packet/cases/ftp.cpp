// FTP by NAT: what client and server say on the control connection opens data connections, and the
// server's address in its replies becomes the service's.  The complete lane alone reads it.
#include "packet/cases/common.hpp"

namespace turnout::test {
namespace {

constexpr uint16_t control = 21, data_port = 50000, server_data_port = 20;
constexpr uint32_t first_client = 1000, first_server = 5000;
// "198,51,100,1," in place of "10,1,0,11,".
constexpr uint32_t growth = 3;

const std::string reply_of_server = "227 Entering Passive Mode (10,1,0,11,195,80).\r\n";
const std::string reply_to_client = "227 Entering Passive Mode (198,51,100,1,195,80).\r\n";

Step complete(Bytes in, Bytes out) {
    return {std::move(in), Verdict::transmit, std::move(out), Verdict::pass};
}

// A conversation, and where each of its ends stands; numbers are their sender's.
class Conversation {
  public:
    explicit Conversation(uint16_t port = control) : port_(port) {
        steps_ = {complete(frame(request(), Tcp{client_port, port, SYN, next_client_++, 0}),
                           frame(to_server(), Tcp{client_port, port, SYN, first_client, 0}, "",
                                 towards_server)),
                  complete(frame(Ip{server(1), client},
                                 Tcp{port, client_port, SYN | ACK, next_server_++, next_client_},
                                 "", from_server),
                           frame(Ip{vip, client, 63},
                                 Tcp{port, client_port, SYN | ACK, first_server, next_client_}, "",
                                 towards_client))};
        asks("");
    }

    // The client says something, and has all that was said before.
    Conversation& asks(const std::string& text) {
        segment(text, next_server_, next_server_ + growth_);
        next_client_ += static_cast<uint32_t>(text.size());
        return *this;
    }
    // The server says something, which reaches the client as `heard`.
    Conversation& answers(const std::string& text, const std::string& heard) {
        repeats(text, heard, next_server_, next_server_ + growth_);
        next_server_ += static_cast<uint32_t>(text.size());
        growth_ += static_cast<uint32_t>(heard.size() - text.size());
        return *this;
    }
    Conversation& answers(const std::string& text) { return answers(text, text); }
    // A segment of the server's that begins at `number`, at `seen` for the client.
    Conversation& repeats(const std::string& text, const std::string& heard, uint32_t number,
                          uint32_t seen) {
        steps_.push_back(
            complete(frame(Ip{server(1), client},
                           Tcp{port_, client_port, ACK, number, next_client_}, text, from_server),
                     frame(Ip{vip, client, 63}, Tcp{port_, client_port, ACK, seen, next_client_},
                           heard, towards_client)));
        return *this;
    }
    // One of the client's that acknowledges `acknowledged`, which for the server is `meant`.
    Conversation& segment(const std::string& text, uint32_t meant, uint32_t acknowledged,
                          const Bytes& told = {}, const Bytes& said = {}) {
        steps_.push_back(complete(
            frame(request(), Tcp{client_port, port_, ACK, next_client_, acknowledged, said}, text),
            frame(to_server(), Tcp{client_port, port_, ACK, next_client_, meant, told}, text,
                  towards_server)));
        return *this;
    }
    // What leaves a gap is dropped.
    Conversation& asks_later(const std::string& text) {
        steps_.push_back(
            {frame(request(),
                   Tcp{client_port, port_, ACK, next_client_ + 1000, next_server_ + growth_}, text),
             Verdict::drop,
             {},
             Verdict::pass});
        return *this;
    }
    // The client opens a connection to a port of the service's address.
    Conversation& data_reaches_server(uint16_t port = data_port) {
        const Tcp opening{client_port + 1, port, SYN};
        const Tcp answer{port, client_port + 1, SYN | ACK};
        steps_.push_back(
            complete(frame(request(), opening), frame(to_server(), opening, "", towards_server)));
        steps_.push_back(complete(frame(Ip{server(1), client}, answer, "", from_server),
                                  frame(Ip{vip, client, 63}, answer, "", towards_client)));
        return *this;
    }
    Conversation& data_passes(uint16_t port = data_port) {
        steps_.push_back({frame(request(), Tcp{client_port + 2, port, SYN}), Verdict::pass});
        return *this;
    }
    // The server opens one to the client's port, and the client answers.
    Conversation& data_reaches_client(uint16_t from, uint16_t seen, uint16_t port = data_port) {
        steps_.push_back(
            complete(frame(Ip{server(1), client}, Tcp{from, port, SYN}, "", from_server),
                     frame(Ip{vip, client, 63}, Tcp{seen, port, SYN}, "", towards_client)));
        steps_.push_back(
            complete(frame(request(), Tcp{port, seen, SYN | ACK}),
                     frame(to_server(), Tcp{port, from, SYN | ACK}, "", towards_server)));
        return *this;
    }
    Conversation& servers_data_passes(uint16_t from = server_data_port, uint16_t port = data_port) {
        steps_.push_back(
            {frame(Ip{server(1), client}, Tcp{from, port, SYN}, "", from_server), Verdict::pass});
        return *this;
    }

    Case as(const std::string& name) const {
        Case made;
        made.name = name;
        made.changes = with_nat_servers(plain(key(Protocol::tcp, port_)), {1}, port_);
        made.steps = steps_;
        return made;
    }

  private:
    uint16_t port_;
    uint32_t next_client_ = first_client, next_server_ = first_server, growth_ = 0;
    std::vector<Step> steps_;
};

Conversation passive() {
    return Conversation().asks("PASV\r\n").answers(reply_of_server, reply_to_client);
}

// Four bytes each, in the order of the wire.
Bytes sack(std::initializer_list<uint32_t> numbers, bool odd) {
    Bytes option;
    if (!odd) option = {1, 1};
    option.push_back(5);
    option.push_back(static_cast<uint8_t>(2 + 4 * numbers.size()));
    for (const uint32_t number : numbers)
        for (int shift = 24; shift >= 0; shift -= 8)
            option.push_back(static_cast<uint8_t>(number >> shift));
    while (option.size() % 4) option.push_back(1);
    if (odd) option.insert(option.begin(), {1, 1, 1, 1}), option.erase(option.begin());
    while (option.size() % 4) option.push_back(0);
    return option;
}

std::vector<Case> commands() {
    Case refused =
        Conversation().asks_later("PASV\r\n").as("a command that leaves a gap waits for its turn");
    refused.drop = abi::Drop::out_of_order;
    Conversation at_another_port(2121);
    at_another_port.asks("EPSV\r\n").answers("229 Listening (|||50000|)\r\n").data_reaches_server();
    Case elsewhere = at_another_port.as("FTP on another port");
    elsewhere.settings = {{"ftp_port.2", 2121}};
    return {
        ipv4_alone(
            passive().data_reaches_server().as("PASV opens the server's port to the client")),
        ipv4_alone(passive().data_reaches_server().data_passes().as("but once")),
        ipv4_alone(Conversation()
                       .asks("pa")
                       .asks("sv\r\n")
                       .answers(reply_of_server, reply_to_client)
                       .data_reaches_server()
                       .as("PASV in small letters and two segments")),
        ipv4_alone(Conversation()
                       .asks("NOOP\r\nPASV\r\n")
                       .answers("200 OK\r\n")
                       .answers(reply_of_server, reply_to_client)
                       .data_reaches_server()
                       .as("PASV behind another command")),
        Conversation()
            .asks("EPSV\r\n")
            .answers("229 Extended Passive Mode Entered (|||50000|)\r\n")
            .data_reaches_server()
            .as("EPSV opens the server's port, too"),
        ipv4_alone(Conversation()
                       .asks("PORT 203,0,113,7,195,80\r\n")
                       .data_reaches_client(server_data_port, server_data_port)
                       .as("PORT leads the server to the client's port")),
        ipv4_alone(Conversation()
                       .asks("PORT 203,0,113,7,195,80\r\n")
                       .data_reaches_client(33333, 33333)
                       .servers_data_passes(33334)
                       .as("also from a port that the server chooses, once")),
        ipv4_alone(Conversation()
                       .asks("EPRT |1|203.0.113.7|50000|\r\n")
                       .data_reaches_client(server_data_port, server_data_port)
                       .as("EPRT leads it there as well")),
        ipv4_alone(Conversation()
                       .asks("eprt !1!203.0.113.7!50000!\r\n")
                       .data_reaches_client(server_data_port, server_data_port)
                       .as("with any delimiter")),
        refused,
        elsewhere,
    };
}

// The reply cut into two segments at every place of its text, and into single characters.
std::vector<Case> replies_in_segments() {
    std::vector<Case> all;
    const size_t begin = reply_of_server.find('(') + 1, end = reply_of_server.find("195");
    for (size_t cut = 1; cut < reply_of_server.size(); ++cut) {
        const bool inside = cut > begin && cut < end;
        const size_t first = inside ? begin : cut;
        const size_t heard = cut < end ? first : cut + growth;
        Conversation conversation;
        conversation.asks("PASV\r\n")
            .answers(reply_of_server.substr(0, cut), reply_to_client.substr(0, heard))
            .answers(reply_of_server.substr(cut), reply_to_client.substr(heard))
            .asks("NOOP\r\n")
            .data_reaches_server();
        all.push_back(
            ipv4_alone(conversation.as("a reply in two segments, cut at " + std::to_string(cut))));
    }
    Conversation one_by_one;
    one_by_one.asks("PASV\r\n");
    for (size_t at = 0; at < reply_of_server.size(); ++at) {
        std::string heard = reply_of_server.substr(at, 1);
        if (at >= begin && at < end) heard = at + 1 == end ? "198,51,100,1," : "";
        one_by_one.answers(reply_of_server.substr(at, 1), heard);
    }
    all.push_back(ipv4_alone(
        one_by_one.asks("NOOP\r\n").data_reaches_server().as("a reply in single characters")));
    return all;
}

std::vector<Case> numbers() {
    constexpr uint32_t reply = first_server + 1;
    const auto size = static_cast<uint32_t>(reply_of_server.size());
    const auto text = static_cast<uint32_t>(reply_of_server.find("10,"));
    Conversation twice = passive();
    twice.asks("PASV\r\n").answers(reply_of_server, reply_to_client).asks("NOOP\r\n");
    const uint32_t second = reply + size + text;  // where the address begins
    return {
        ipv4_alone(passive()
                       .asks("RETR file\r\n")
                       .answers("150 Here it comes\r\n")
                       .as("what follows a longer reply is numbered accordingly")),
        ipv4_alone(passive()
                       .repeats(reply_of_server, reply_to_client, reply, reply)
                       .as("a reply that is sent again is the same again")),
        ipv4_alone(passive()
                       .repeats(reply_of_server.substr(text + 4), "198,51,100,1,195,80).\r\n",
                                reply + text + 4, reply + text)
                       .as("also a part of it")),
        ipv4_alone(passive()
                       .segment("", reply + text, reply + text + 5)
                       .as("a client that has half of the address has none of it")),
        ipv4_alone(passive()
                       .segment("", reply, reply, sack({reply + size, reply + size + 40}, false),
                                sack({reply + size + growth, reply + size + 40 + growth}, false))
                       .as("what it has behind a gap is told in the server's numbers")),
        ipv4_alone(passive()
                       .segment("", reply, reply, sack({reply + size, reply + size + 40}, true),
                                sack({reply + size + growth, reply + size + 40 + growth}, true))
                       .as("wherever the option stands")),
        ipv4_alone(twice
                       .repeats(reply_of_server.substr(text + 4), "198,51,100,1,195,80).\r\n",
                                second + 4, second + growth)
                       .answers("200 OK\r\n")
                       .as("two replies add up")),
    };
}

Case refuses(const std::string& name, const std::string& reply) {
    return ipv4_alone(Conversation().asks("PASV\r\n").answers(reply).data_passes().as(name));
}

Case ignores(const std::string& name, const std::string& command) {
    return ipv4_alone(Conversation().asks(command).servers_data_passes().as(name));
}

std::vector<Case> hostile() {
    return {
        refuses("a server names no other's address", "227 Passive (10,1,0,12,195,80)\r\n"),
        refuses("nor the client's", "227 Passive (203,0,113,7,195,80)\r\n"),
        refuses("nor a longer one", "227 Passive (110,1,0,11,195,80)\r\n"),
        refuses("nor one that goes on", "227 Passive (10,1,0,111,195,80)\r\n"),
        refuses("a reply without a port", "227 Passive\r\n"),
        refuses("a reply of nothing but numbers", "227 " + std::string(400, '1') + "\r\n"),
        refuses("a reply in binary", std::string("227 \0\xff\x80(\n\r|||50000|", 20)),
        refuses("a reply of another kind", "257 (10,1,0,11,195,80)\r\n"),
        ipv4_alone(
            Conversation()
                .asks("PASV\r\n")
                .answers("227 Passive (10,1,0,11,0,22)\r\n", "227 Passive (198,51,100,1,0,22)\r\n")
                .data_passes(22)
                .as("a port of the system's is not opened")),
        ipv4_alone(Conversation()
                       .asks("PASV\r\n")
                       .answers("227 Passive (10,1,0,11,256,80)\r\n",
                                "227 Passive (198,51,100,1,256,80)\r\n")
                       .data_passes(80)
                       .as("nor one that is none")),
        ipv4_alone(Conversation()
                       .answers(reply_of_server)
                       .data_passes()
                       .as("a reply that nobody has asked for opens nothing")),
        ipv4_alone(Conversation()
                       .asks("PASV\r\n")
                       .answers("227 Passive (198,51,100,1,195,80)\r\n")
                       .data_reaches_server()
                       .as("a server may name the service's address itself")),
        Conversation()
            .asks("EPSV\r\n")
            .answers("229 Passive (|||99999|)\r\n")
            .data_passes(34463)
            .as("EPSV's port is one"),
        ignores("a client names no other's address", "PORT 203,0,113,8,195,80\r\n"),
        ignores("nor a server's", "PORT 10,1,0,12,195,80\r\n"),
        ignores("a port that is none", "PORT 203,0,113,7,195,336\r\n"),
        ignores("a command with a beginning of its own", "XPORT 203,0,113,7,195,80\r\n"),
        ignores("another's address by EPRT", "EPRT |1|203.0.113.8|50000|\r\n"),
        ignores("an address of the other family", "EPRT |2|203.0.113.7|50000|\r\n"),
        ignores("a command without an end", "PORT 203,0,113,7,195,80"),
        ignores("a very long command", "PORT " + std::string(1200, '2') + "\r\n"),
    };
}

// A service of its own keeps its port.
Case beside_a_service() {
    Case made = passive().as("a service on the port that a server opens keeps it");
    made.changes =
        together(made.changes, with_nat_servers(plain(key(Protocol::tcp, data_port)), {2}));
    Step step = Call{.from = client_port + 1, .to = data_port}.reaches(2);
    made.steps.push_back(step);
    return ipv4_alone(made);
}

// In IPv6 the client's address has many forms.
Case by_ipv6(const std::string& address, bool its_own) {
    Conversation conversation;
    conversation.asks("EPRT |2|" + address + "|50000|\r\n");
    if (its_own)
        conversation.data_reaches_client(server_data_port, server_data_port);
    else
        conversation.servers_data_passes();
    return ipv4_alone(in_ipv6(conversation.as("EPRT with " + address)));
}

}  // namespace

std::vector<Case> ftp() {
    std::vector<Case> all;
    for (const auto& part : {commands(), replies_in_segments(), numbers(), hostile()})
        all.insert(all.end(), part.begin(), part.end());
    all.push_back(beside_a_service());
    for (const char* own :
         {"2001:db8::cb00:7107", "2001:DB8:0:0:0:0:CB00:7107", "2001:db8:0::cb00:7107"})
        all.push_back(by_ipv6(own, true));
    for (const char* other :
         {"2001:db8::cb00:7108", "2001:db8::cb00:7107::", "::cb00:7107", "2001:db8:cb00:7107",
          "1:2001:db8::cb00:7107", "2001:db8::1cb00:7107"})
        all.push_back(by_ipv6(other, false));
    return all;
}

}  // namespace turnout::test
