// SPDX-License-Identifier: Apache-2.0
/// \file
/// What Python's library reads in texts of data files: tests/fixtures/data_files.json, made by data_files.py
/// there.
#pragma once

#include <fstream>
#include <nlohmann/json.hpp>
#include <string>

inline const nlohmann::json& data_references(const char* section) {
    static const nlohmann::json all =
        nlohmann::json::parse(std::ifstream(std::string(COCO_TEST_DIR) + "/fixtures/data_files.json"));
    return all.at(section);
}
