// Policies and people for tests.
#pragma once

#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "base/json.h"
#include "policy/policy.h"

namespace lotmark::policy::testing {

// Empty when the file is not there.
inline std::string ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

inline std::string TestData(const std::string& name) {
  return ReadFile(LOTMARK_SOURCE_DIR "/src/policy/testdata/" + name);
}

struct Person {
  std::string name;
  std::vector<approval::PrivateKey> keys;
};

inline Person MakePerson(std::string name, size_t keys = 1) {
  Person person{std::move(name), {}};
  for (size_t i = 0; i < keys; ++i) person.keys.push_back(approval::PrivateKey::Generate());
  return person;
}

// A policy with these people and this "activation".
inline Policy PolicyOf(const std::vector<Person>& people, Json activation) {
  Json approvers = Json::array();
  for (const Person& person : people) {
    Json keys = Json::array();
    for (const auto& key : person.keys) keys.push_back(key.public_key().ToPem());
    approvers.push_back(Json{{"name", person.name}, {"keys", keys}});
  }
  return Policy::Parse(DumpJson(Json{{"format", 1}, {"activation", activation}, {"approvers", approvers}})).value();
}

}  // namespace lotmark::policy::testing
