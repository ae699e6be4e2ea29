// The members of a JSON object, read strictly: what is missing, of another type, out of range or
// unknown is an error that says where, for a guess would configure something else.
#pragma once

#include <cerrno>
#include <functional>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <utility>

#include "base/result.hpp"

namespace turnout::config {

using Json = nlohmann::json;

class Fields {
  public:
    // `where`: how the object is named in errors, "services[3]"; `json` outlives this object.
    Fields(const Json& json, std::string where) : json_(json), where_(std::move(where)) {
        if (!json.is_object()) complain("is to be an object");
    }

    bool has(const char* name) const { return json_.is_object() && json_.contains(name); }

    template <class Number>
    void number(const char* name, Number& value) {
        const Json* at = find(name);
        if (!at) return;
        if (!at->is_number_integer()) return complain(name, "is to be a whole number");
        const bool fits = at->is_number_unsigned() ? std::in_range<Number>(at->get<uint64_t>())
                                                   : std::in_range<Number>(at->get<int64_t>());
        if (!fits) return complain(name, "is out of its range");
        value = at->get<Number>();
    }

    void flag(const char* name, bool& value) {
        const Json* at = find(name);
        if (!at) return;
        if (!at->is_boolean()) return complain(name, "is to be true or false");
        value = at->get<bool>();
    }

    // `parse` gives a Result of a text, or an optional.
    template <class Parse, class Value>
    void text(const char* name, Parse parse, Value& value) {
        const Json* at = find(name);
        if (!at) return;
        if (!at->is_string()) return complain(name, "is to be a text");
        const auto parsed = parse(at->get_ref<const std::string&>());
        if (!parsed)
            return complain(name, "cannot be \"" + at->get_ref<const std::string&>() + '"');
        value = *parsed;
    }
    void text(const char* name, std::string& value) {
        text(
            name, [](const std::string& text) { return std::optional(text); }, value);
    }

    // `read` is given the member and how it is named.
    void object(const char* name, const std::function<Status(const Json&, std::string)>& read) {
        if (const Json* at = find(name)) take(read(*at, name_of(name)));
    }
    void list(const char* name, const std::function<Status(const Json&, std::string)>& read) {
        const Json* at = find(name);
        if (!at) return;
        if (!at->is_array()) return complain(name, "is to be a list");
        for (size_t i = 0; i < at->size() && status_; ++i)
            take(read((*at)[i], name_of(name) + '[' + std::to_string(i) + ']'));
    }

    // The first fault.
    const Status& so_far() const { return status_; }
    // The first fault, or a member that nobody asked for.
    Status finish() {
        if (!status_) return status_;
        for (const auto& [name, value] : json_.items())
            if (!asked_.contains(name)) complain(name.c_str(), "is unknown");
        return status_;
    }

  private:
    std::string name_of(const char* name) const {
        return where_.empty() ? name : where_ + '.' + name;
    }
    const Json* find(const char* name) {
        asked_.insert(name);
        if (!status_) return nullptr;
        const auto at = json_.find(name);
        if (at != json_.end()) return &*at;
        complain(name, "is missing");
        return nullptr;
    }
    void take(Status status) {
        if (status_ && !status) status_ = std::move(status);
    }
    void complain(const std::string& what) { take(fail(EINVAL, where_ + ' ' + what)); }
    void complain(const char* name, const std::string& what) {
        take(fail(EINVAL, name_of(name) + ' ' + what));
    }

    const Json& json_;
    std::string where_;
    std::set<std::string> asked_;
    Status status_;
};

}  // namespace turnout::config
