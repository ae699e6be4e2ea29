// The rows that kernel and user space share, as the BPF object's own debug information tells them:
// every shared table, and every type that its keys and values are made of.
//
//   abi_rows             prints them; rows.txt is this, checked in
//   abi_rows --program   prints a C++ program that prints the same as the native compiler sees it
#include "abi/rows.hpp"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>

#include <cstdlib>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "abi/maps.hpp"
#include "abi/print.hpp"

extern "C" const unsigned char turnout_bpf_director_begin[];
extern "C" const unsigned char turnout_bpf_director_end[];

namespace {

using namespace turnout::test;

[[noreturn]] void give_up(const char* what) {
    std::fprintf(stderr, "abi_rows: %s\n", what);
    std::exit(1);
}

struct Map {
    std::string name, kind, key, value;
    uint32_t key_size, value_size;
};
struct Field {
    uint32_t offset, size;
    std::string name, type;
};
struct Row {
    std::string name;
    uint32_t size;
    std::vector<Field> fields;
};
struct Value {
    long long number;
    std::string name;
};
struct Enum {
    std::string name;
    uint32_t size;
    std::vector<Value> values;
};

struct Layout {
    std::vector<Map> maps;
    std::vector<Row> rows;
    std::vector<Enum> enums;
};

class Reader {
  public:
    explicit Reader(const bpf_object* object) : object_(object), btf_(bpf_object__btf(object)) {}

    Layout read() {
        bpf_map* map = nullptr;
        bpf_object__for_each_map(map, object_) if (is_shared(map)) read_map(map);
        return std::move(layout_);
    }

  private:
    // The table that a section of one variable makes is that variable's.
    std::string name_of(const bpf_map* map) const {
        const btf_type* value = type(bpf_map__btf_value_type_id(map));
        return btf_is_datasec(value) ? name(type(btf_var_secinfos(value)->type)->name_off)
                                     : bpf_map__name(map);
    }
    uint32_t row_of(const bpf_map* map) const {
        const uint32_t id = bpf_map__btf_value_type_id(map);
        return btf_is_datasec(type(id)) ? type(btf_var_secinfos(type(id))->type)->type : id;
    }

    // Others are the programs' own: nobody else looks into them, and no file of abi/ tells of them;
    // and a ring has no type.
    bool is_shared(const bpf_map* map) const {
        const std::string name = name_of(map);
        for (const std::string_view own :
             {"to_openings", "to_pieces", "to_payloads", "to_fragments", "to_held",
              "to_fragment_rm", "to_lanes", "to_fast_lane", "to_endings"})
            if (name == own) return false;
        return name.starts_with("to_") && name != turnout::abi::map::sweeper;
    }

    void read_map(const bpf_map* map) {
        const uint32_t key = bpf_map__btf_key_type_id(map), value = row_of(map);
        const bool is_variable = value != bpf_map__btf_value_type_id(map);
        if ((!key && !is_variable) || !value) give_up("a table has no debug information");
        layout_.maps.push_back({name_of(map), libbpf_bpf_map_type_str(bpf_map__type(map)),
                                is_variable ? "uint32_t" : type_name(key), type_name(value),
                                bpf_map__key_size(map), bpf_map__value_size(map)});
        if (key) visit(key);
        visit(value);
    }

    const btf_type* type(uint32_t id) const { return btf__type_by_id(btf_, id); }
    const char* name(uint32_t offset) const { return btf__name_by_offset(btf_, offset); }

    // As C++ writes it, arrays with their bounds behind: "Connection[15]".
    std::string type_name(uint32_t id) const {
        const btf_type* t = type(id);
        if (btf_is_const(t) || btf_is_volatile(t)) return type_name(t->type);
        if (!btf_is_array(t)) return name(t->name_off);
        return type_name(btf_array(t)->type) + "[" + std::to_string(btf_array(t)->nelems) + "]";
    }

    // The type below names for it and arrays of it.
    uint32_t element(uint32_t id) const {
        const btf_type* t = type(id);
        if (btf_is_array(t)) return element(btf_array(t)->type);
        return btf_is_typedef(t) || btf_is_const(t) || btf_is_volatile(t) ? element(t->type) : id;
    }

    void visit(uint32_t id) {
        id = element(id);
        if (!seen_.insert(id).second) return;
        const btf_type* t = type(id);
        if (btf_is_struct(t)) read_row(t);
        if (btf_is_any_enum(t)) read_enum(t);
    }

    void read_row(const btf_type* t) {
        Row row{name(t->name_off), t->size, {}};
        std::vector<uint32_t> types;
        read_fields(t, 0, row.fields, types);
        layout_.rows.push_back(std::move(row));
        for (const uint32_t id : types) visit(id);
    }

    // The fields of a union without a name are the row's own.
    void read_fields(const btf_type* t, uint32_t base, std::vector<Field>& fields,
                     std::vector<uint32_t>& types) const {
        for (uint32_t i = 0; i < btf_vlen(t); ++i) {
            const btf_member& member = btf_members(t)[i];
            const uint32_t offset = base + btf_member_bit_offset(t, i) / 8;
            if (member.name_off == 0) {
                read_fields(type(member.type), offset, fields, types);
                continue;
            }
            const auto size = static_cast<uint32_t>(btf__resolve_size(btf_, member.type));
            fields.push_back({offset, size, name(member.name_off), type_name(member.type)});
            types.push_back(member.type);
        }
    }

    void read_enum(const btf_type* t) {
        if (btf_is_enum64(t)) give_up("an enum of 64 bits: teach me to print it");
        Enum enumeration{name(t->name_off), t->size, {}};
        const struct btf_enum* values = btf_enum(t);
        for (uint32_t i = 0; i < btf_vlen(t); ++i)
            enumeration.values.push_back({values[i].val, name(values[i].name_off)});
        layout_.enums.push_back(std::move(enumeration));
    }

    const bpf_object* object_;
    const btf* btf_;
    std::set<uint32_t> seen_;
    Layout layout_;
};

void print_text(const Layout& layout) {
    print_version(turnout::abi::tables_version);
    for (const Map& map : layout.maps)
        print_map(map.name.c_str(), map.kind.c_str(), map.key.c_str(), map.key_size,
                  map.value.c_str(), map.value_size);
    for (const Row& row : layout.rows) {
        print_row(row.name.c_str(), row.size);
        for (const Field& field : row.fields)
            print_field(field.offset, field.size, field.name.c_str(), field.type.c_str());
    }
    for (const Enum& enumeration : layout.enums) {
        print_enum(enumeration.name.c_str(), enumeration.size);
        for (const Value& value : enumeration.values) print_value(value.number, value.name.c_str());
    }
}

void print_program(const Layout& layout) {
    std::puts(
        "#include \"abi/call.hpp\"\n#include \"abi/print.hpp\"\n#include \"abi/rows.hpp\"\n"
        "using namespace turnout;\nusing namespace turnout::abi;\n"
        "using namespace turnout::test;\n"
        "int main() {\n    print_version(tables_version);");
    for (const Map& map : layout.maps)
        std::printf("    print_map(\"%s\", \"%s\", \"%s\", sizeof(%s), \"%s\", sizeof(%s));\n",
                    map.name.c_str(), map.kind.c_str(), map.key.c_str(), map.key.c_str(),
                    map.value.c_str(), map.value.c_str());
    for (const Row& row : layout.rows) {
        const char* type = row.name.c_str();
        std::printf("    print_row(\"%s\", sizeof(%s));\n", type, type);
        for (const Field& field : row.fields)
            std::printf("    print_field(offsetof(%s, %s), sizeof(%s::%s), \"%s\", \"%s\");\n",
                        type, field.name.c_str(), type, field.name.c_str(), field.name.c_str(),
                        field.type.c_str());
    }
    for (const Enum& enumeration : layout.enums) {
        const char* type = enumeration.name.c_str();
        std::printf("    print_enum(\"%s\", sizeof(%s));\n", type, type);
        for (const Value& value : enumeration.values)
            std::printf("    print_value(static_cast<long long>(%s::%s), \"%s\");\n", type,
                        value.name.c_str(), value.name.c_str());
    }
    std::puts("}");
}

}  // namespace

int main(int count, char** arguments) {
    libbpf_set_print(nullptr);
    const auto size = static_cast<size_t>(turnout_bpf_director_end - turnout_bpf_director_begin);
    bpf_object* object = bpf_object__open_mem(turnout_bpf_director_begin, size, nullptr);
    if (!object) give_up("cannot read the BPF object");
    const Layout layout = Reader(object).read();
    const bool as_program = count > 1 && std::string_view(arguments[1]) == "--program";
    as_program ? print_program(layout) : print_text(layout);
    bpf_object__close(object);
}
