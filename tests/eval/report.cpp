// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include <sstream>

#include <coco/eval/report.hpp>

using namespace coco;

TEST_CASE("a report prints as a table and as JSON", "[eval][report]") {
    Report report({1, 2});
    report.add("PopRec", Metrics({1, 2, 3, 4})).add("SASRec+CoCo", Metrics({1, 1, 1, 2}));
    std::ostringstream table;
    table << report;
    CHECK(table.str() ==
          "                 R@1      N@1      R@2      N@2      MRR  questions\n"
          "PopRec       0.25000  0.25000  0.50000  0.40773  0.52083          4\n"
          "SASRec+CoCo  0.75000  0.75000  1.00000  0.90773  0.87500          4\n");
    const auto json = report.json();
    CHECK(json["PopRec"]["R@2"] == 0.5);
    CHECK(json["PopRec"]["questions"] == 4);
    CHECK(json["SASRec+CoCo"]["MRR"] == 0.875);
    CHECK(json.begin().key() == "PopRec");
    CHECK(report["PopRec"].count() == 4);
    CHECK_THROWS_AS(report["none"], Error);
}
