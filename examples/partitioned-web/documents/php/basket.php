<?php
// A page of the php partition: counts a user's visits, in a session that this server alone has.
session_save_path(getenv('SESSIONS'));
session_start();
$_SESSION['visits'] = ($_SESSION['visits'] ?? 0) + 1;
header('Content-Type: text/plain');
echo "php sees you for the {$_SESSION['visits']}. time\n";
